import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, onTestFinished } from "vitest";

import { openStore } from "../../src/index.ts";
import { leafHash, treeRoot } from "../../src/proof/hash-tree.ts";
import { newSigningKey } from "../../src/proof/note-key.ts";
import { formatSeal, sealLine } from "../../src/proof/seal.ts";
import { formatTlogProof } from "../../src/proof/tlog-proof.ts";
import { inclusionProof } from "../../src/proof/tree-proof.ts";
import { sampleEvent } from "../../src/testing/sample-event.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { verifyEventFile, verifyProofFile } from "../../src/verify/verify-file.ts";
import { verifyStore } from "../../src/verify/verify-store.ts";
import { flipBit, MUTATIONS } from "./mutations.ts";
import { outside, python, reports, slimCopy, withPython, type Words } from "./python.ts";
import { eventFilesOf, linesOf, type SealedStore, scratchFolder, sealedStore } from "./sealed-store.ts";

const ROUNDS = Number(process.env["ESO_PYTHON_ROUNDS"] ?? 60);
const FLIPS = ROUNDS;
/** Stores that one process checks: starting Python costs more than checking a small store. */
const BATCH = 50;
/** As long as a soak may take. */
const TIMEOUT_MS = 3_600_000;

withPython("both verifiers say the same of a store as it was written", async () => {
  const sealed = await sealedStore(scratchFolder(), 60);
  const { path, anchor, policy } = sealed;
  for (const [words, options] of [
    [[], {}],
    [outside(sealed), { anchors: [anchor], policy }],
  ] as const) {
    const [report] = reports([path], words);
    const { suspects: _, ...seals } = (await verifyStore(path, options)).seals;
    expect(report).toMatchObject({ ...(await verifyStore(path, options)), seals });
  }
});

/** A copy of a store, changed or not, and what both verifiers are given to it. */
interface Told {
  readonly name: string;
  readonly path: string;
  readonly sealed: SealedStore;
}

/** Both verifiers give the same verdict on each store, with and without an auditor's key and anchor. */
async function expectAgreement(all: readonly Told[], words: Words): Promise<void> {
  const paths = all.map(({ path }) => path);
  const [plain, anchored] = [reports(paths), reports(paths, words)];
  for (const [index, { name, path, sealed }] of all.entries()) {
    const { anchor, policy } = sealed;
    const [alone, checked] = [plain[index]?.verdict, anchored[index]?.verdict];
    expect.soft(alone, `${name}, alone`).toBe((await verifyStore(path)).verdict);
    const { verdict } = await verifyStore(path, { anchors: [anchor], policy });
    expect.soft(checked, `${name}, with key and anchor`).toBe(verdict);
    expect.soft(checked, name).toBe(name.startsWith("nothing") ? "intact" : "violated");
  }
}

withPython(
  `both verifiers agree on ${ROUNDS} stores, clean and mutated, sealed and not`,
  async () => {
    const folder = scratchFolder();
    const stores: SealedStore[] = [];
    for (const size of [5, 24, 60, 61])
      stores.push(await sealedStore(join(folder, `of-${size}`), size, size));
    const names = [...Object.keys(MUTATIONS), "nothing"];
    const mutated = (round: number): Told | undefined => {
      const random = new SeededRandom(round);
      const name = names[round % names.length] as string;
      const sealed = random.pick(stores as [SealedStore, ...SealedStore[]]);
      const path = slimCopy(sealed.path, join(folder, `copy-${round % BATCH}`));
      if (random.chance(0.3))
        for (const part of ["seals", "tree"]) rmSync(join(path, ".store", part), { recursive: true });
      const done = name === "nothing" || MUTATIONS[name]?.(path, random) === true;
      return done ? { name: `${name}, round ${round}`, path, sealed } : undefined;
    };
    const words = stores.flatMap(outside);
    for (let from = 0; from < ROUNDS; from += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, ROUNDS - from) }, (_, index) => from + index);
      await expectAgreement(
        batch.map(mutated).filter((one) => one !== undefined),
        words,
      );
    }
  },
  TIMEOUT_MS,
);

withPython(
  "both verifiers find flipped bits in the lines of a small store",
  async () => {
    const folder = scratchFolder();
    const sealed = await sealedStore(folder, 20);
    const words = outside(sealed);
    const flipped = (index: number): Told => {
      const random = new SeededRandom(index);
      const path = slimCopy(sealed.path, join(folder, `copy-${index % BATCH}`));
      rmSync(join(path, ".store", "journal"), { recursive: true });
      const file = random.pick(eventFilesOf(path) as [string, ...string[]]);
      const bit = random.below(statSync(join(path, file)).size * 8);
      flipBit(join(path, file), bit);
      return { name: `${file} bit ${bit}`, path, sealed };
    };
    for (let from = 0; from < FLIPS; from += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, FLIPS - from) }, (_, index) =>
        flipped(from + index),
      );
      await expectAgreement(batch, words);
    }
  },
  TIMEOUT_MS,
);

withPython("a store is intact while others write to it, and after they were killed", async () => {
  const path = join(scratchFolder(), "events");
  const writers = [0, 1].map(() => {
    const child = spawn(process.execPath, [join(import.meta.dirname, "writer.fixture.ts"), path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    return child;
  });
  await Promise.all(writers.map((child) => once(child.stdout, "data")));
  for (let round = 0; round < 5; round++) expect(reports([path])[0]?.findings).toEqual([]);
  for (const child of writers) child.kill("SIGKILL");
  await Promise.all(writers.map((child) => once(child, "exit")));
  // Nobody has opened it since: the last events lie in the journal alone.
  const [report] = reports([path]);
  const { verdict, findings, events, last_position } = await verifyStore(path);
  expect(report).toMatchObject({ verdict, findings, events, last_position });
  expect(report?.verdict).toBe("intact");
});

withPython("a line that only the journal holds counts, and a file that has lost one is named", async () => {
  const path = join(scratchFolder(), "events");
  await using store = await openStore({ path });
  for (let seed = 0; seed < 20; seed++) await store.logEvent(sampleEvent(seed, { timestamp: undefined }));
  expect(reports([path])[0]).toMatchObject({ verdict: "intact", events: 20 });
  await store.close();
  const copy = slimCopy(path, `${path}-copy`);
  const file = eventFilesOf(copy).find((name) => linesOf(join(copy, name)).length > 2) as string;
  writeFileSync(join(copy, file), linesOf(join(copy, file)).slice(0, -1).join(""));
  const [report] = reports([copy]);
  expect(report?.verdict).toBe((await verifyStore(copy)).verdict);
  expect(report?.events).toBe(20);
});

withPython(
  "a changed line is named by file, line, byte and position, though all was chained anew",
  async () => {
    const folder = scratchFolder();
    const sealed = await sealedStore(folder, 60);
    const copy = slimCopy(sealed.path, join(folder, "copy"));
    MUTATIONS["another actor"]?.(copy, new SeededRandom(2));
    const [report] = reports([copy], outside(sealed));
    const first = (await verifyStore(copy, { anchors: [sealed.anchor] })).findings.find(
      ({ code }) => code === "leaf",
    );
    const { code, file, line, offset, position } = first ?? {};
    expect(report?.findings).toContainEqual(expect.objectContaining({ code, file, line, offset, position }));
  },
);

withPython("what was asked for and cannot be checked has an exit code of its own", async () => {
  const folder = scratchFolder();
  const sealed = await sealedStore(join(folder, "one"), 20);
  const { path } = sealed;
  const words = outside(sealed);
  expect(python([...words, path]).status).toBe(0);
  const other = outside(await sealedStore(join(folder, "two"), 20));
  expect(python([...other.slice(0, 2), path]).status).toBe(5);
  const strange = newSigningKey(sealed.anchor.seal.origin, "ed25519").verifier.vkey;
  expect(python(["--key", strange, path]).status).toBe(4);
  const without = python([...words, path], { tools: false });
  expect(without.status).toBe(5);
  expect(without.stdout).toContain("signatures were not checked: no openssl command was found");
  rmSync(join(path, ".store", "seals"), { recursive: true });
  rmSync(join(path, ".store", "tree"), { recursive: true });
  expect(python([path]).status).toBe(0);
  expect(python(["--require-signature", path]).status).toBe(5);
  expect(python(["--key", "nonsense", path]).status).toBe(2);
  expect(python([join(folder, "nowhere")]).status).toBe(3);
});

withPython("an anchor is found in a log, a mail and a commit", async () => {
  const sealed = await sealedStore(scratchFolder(), 20);
  const { path, anchor } = sealed;
  const note = formatSeal(anchor.seal);
  for (const text of [
    `2026-11-24T13:00:00Z \u001b[32mINFO\u001b[0m ${sealLine(anchor.seal)}\n`,
    `Fix the login\n\nEso-Checkpoint: ${sealLine(anchor.seal)}\n`,
    `Hello,\n\n${note.trimEnd().replaceAll(/^/gm, "> ")}\n\nAda\n`,
    note.replaceAll("\n", "\r\n"),
  ]) {
    writeFileSync(`${path}.txt`, text);
    const keys = outside(sealed).slice(2);
    const [report] = reports([path], ["--anchor", `${path}.txt`, ...keys]);
    expect(report?.seals, text).toMatchObject({ anchored_to: 20, signed_to: 20 });
  }
});

withPython("both verifiers agree on a file alone and on the proof of an event", async () => {
  const folder = scratchFolder();
  const sealed = await sealedStore(folder, 20);
  const { path, anchor, policy } = sealed;
  const file = join(path, eventFilesOf(path)[0] as string);
  const proof = join(folder, "event.tlog-proof");
  const line = join(folder, "line");
  const lines = eventFilesOf(path).flatMap((name) => linesOf(join(path, name)));
  const inOrder = lines.toSorted((a, b) => positionOf(a) - positionOf(b));
  const leaves = inOrder.map((one) => leafHash(Buffer.from(one.trimEnd())));
  const node = (height: number, at: number): Uint8Array =>
    treeRoot(leaves.slice(at * 2 ** height, (at + 1) * 2 ** height));
  for (const index of [0, 7, 19]) {
    const steps = inclusionProof(index, 20, node);
    writeFileSync(proof, formatTlogProof({ index, proof: steps, seal: anchor.seal }));
    for (const [given, verdict] of [
      [inOrder[index], "intact"],
      [inOrder[(index + 1) % 20], "violated"],
    ] as const) {
      writeFileSync(line, given ?? "");
      const [report] = reports([proof], ["--line", line, ...outside(sealed).slice(2)]);
      expect(report?.verdict).toBe(verdict);
      expect(verifyProofFile(proof, given, { policy }).verdict).toBe(verdict);
      expect(report?.proven).toEqual(verifyProofFile(proof, given, { policy }).proven);
    }
  }
  expect(reports([proof])[0]?.verdict).toBe("unverifiable");
  expect(reports([file])[0]).toMatchObject({ verdict: "intact", events: verifyEventFile(file).events });
  flipBit(file, 8 * 700);
  expect(reports([file])[0]?.verdict).toBe(verifyEventFile(file).verdict);
});

function positionOf(line: string): number {
  return (JSON.parse(line) as { position: number }).position;
}

withPython("its help says what it checks and what it does not", async () => {
  const { stdout, status } = python(["--help"]);
  expect(status).toBe(0);
  for (const said of ["What is NOT checked", "Exit codes", "--anchor", "--key", "openssl", "zstd"])
    expect(stdout).toContain(said);
  expect(readFileSync(join(import.meta.dirname, "../../tools/verify/README.md"), "utf8")).toContain(
    "rewrite",
  );
});

withPython("half a seal that a crash has left is nobody's doing", async () => {
  const folder = scratchFolder();
  const { path, anchor } = await sealedStore(folder, 20);
  const note = formatSeal(anchor.seal);
  const copies = Array.from({ length: 40 }, (_, index) => {
    const copy = slimCopy(path, join(folder, `copy-${index}`));
    const part = Buffer.from(note).subarray(0, Math.floor((Buffer.byteLength(note) * index) / 40));
    // Behind it the store goes on as it does after a crash, or not yet.
    const next = part.at(-1) === 10 ? `\n${note}` : ` (torn)\n\n${note}`;
    writeFileSync(join(copy, ".store", "seals", "2026-02-01.txt"), part);
    if (index % 2 === 0) appendFileSync(join(copy, ".store", "seals", "2026-02-01.txt"), next);
    return copy;
  });
  for (const report of reports(copies)) expect(report).toMatchObject({ verdict: "intact", findings: [] });
});

withPython("a damaged frame of the journal is found, though its lines lie in their files", async () => {
  const folder = scratchFolder();
  const { path } = await sealedStore(folder, 20);
  const copy = slimCopy(path, join(folder, "copy"));
  flipBit(join(copy, ".store", "journal", "00000001"), 8 * 5_000);
  expect(reports([copy])[0]?.findings).toMatchObject([{ code: "journal", file: ".store/journal/00000001" }]);
});

withPython("a time that is none does not hide one that goes back", async () => {
  const path = join(scratchFolder(), "events");
  await using store = await openStore({ path });
  for (let seed = 0; seed < 9; seed++)
    await store.logEvent(sampleEvent(seed, { timestamp: undefined, issue_key: "PROJ-1" }));
  await store.close();
  rmSync(join(path, ".store", "journal"), { recursive: true });
  const file = join(path, eventFilesOf(path)[0] as string);
  const day = eventFilesOf(path)[0]?.slice(0, 10) as string;
  let before: string | undefined;
  const lines = linesOf(file).map((line, index) => {
    const event = JSON.parse(line) as Record<string, unknown>;
    if (index === 0) event["recorded_at"] = `${day}T??`;
    if (index === 6) event["recorded_at"] = `${day}T00:00:00.000Z`;
    if (before !== undefined) event["prev_hash"] = leafHash(Buffer.from(before)).toString("hex");
    before = JSON.stringify(event);
    return `${before}\n`;
  });
  rmSync(file);
  writeFileSync(file, lines.join(""));
  const found = reports([path])[0]?.findings.map(({ code, position }) => [code, position]);
  expect(found).toEqual([
    ["time", 1],
    ["time", 7],
  ]);
});
