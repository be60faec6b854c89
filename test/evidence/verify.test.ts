import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { openStore } from "../../src/index.ts";
import { newSigningKey } from "../../src/proof/note-key.ts";
import { parsePolicy } from "../../src/proof/policy.ts";
import { sampleEvent } from "../../src/testing/sample-event.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { verifyIssue } from "../../src/verify/verify-issue.ts";
import { verifyStore } from "../../src/verify/verify-store.ts";
import { flipBit, MUTATIONS } from "./mutations.ts";
import { copyOf, eventFilesOf, linesOf, scratchFolder, sealedStore } from "./sealed-store.ts";

const ROUNDS = Number(process.env["ESO_MUTATIONS"] ?? 330);

test("a store as it was written is intact, also to its signatures and to an anchor", async () => {
  const folder = scratchFolder();
  const { path, anchor, policy } = await sealedStore(folder, 40);
  const report = await verifyStore(path, { anchors: [anchor], policy });
  expect(report).toMatchObject({
    verdict: "intact",
    findings: [],
    events: 40,
    last_position: 40,
    not_proven: [],
  });
  expect(report.seals).toMatchObject({ sealed_to: 40, signed_to: 40, anchored_to: 40 });
  const plain = await verifyStore(path);
  expect(plain.verdict).toBe("intact");
  expect(plain.not_proven.join("\n")).toMatch(/no key was given[\s\S]*anchored/);
});

test(
  `${ROUNDS} mutations of a store are all detected and named, given an anchor at its head`,
  { timeout: 600_000 },
  async () => {
    const folder = scratchFolder();
    const { path, anchor, policy } = await sealedStore(folder, 60);
    const names = Object.keys(MUTATIONS);
    for (let round = 0; round < ROUNDS; round++) {
      const random = new SeededRandom(round);
      const name = names[round % names.length] as string;
      const copy = copyOf(path, join(folder, "copy"));
      if (!(MUTATIONS[name] as (typeof MUTATIONS)[string])(copy, random)) continue;
      const report = await verifyStore(copy, { anchors: [anchor], policy });
      expect.soft(report.verdict, `${name}, round ${round}`).toBe("violated");
      expect(report.findings[0]?.message.length).toBeGreaterThan(10);
    }
  },
);

test("a changed line is named by file, line, byte and event, even where the whole stream was chained anew", async () => {
  const folder = scratchFolder();
  const { path, anchor } = await sealedStore(folder, 120);
  const file = eventFilesOf(path).find((name) => linesOf(join(path, name)).length >= 3) as string;
  const lines = linesOf(join(path, file));
  const offset = Buffer.byteLength(lines[0] as string);
  const copy = copyOf(path, join(folder, "copy"));
  const position = (JSON.parse(lines[1] as string) as { position: number }).position;
  lines[1] = (lines[1] as string).replace(/"actor":\{"type":"[a-z]+"/, '"actor":{"type":"other"');
  rmSync(join(copy, file));
  writeFileSync(join(copy, file), lines.join(""));
  rmSync(join(copy, ".store", "journal"), { recursive: true });
  const { findings } = await verifyStore(copy, { anchors: [anchor] });
  expect(findings).toContainEqual(expect.objectContaining({ code: "leaf", file, line: 2, offset, position }));
});

test("an older copy of the whole store, put in its place, is a roll-back", async () => {
  const folder = scratchFolder();
  const { path } = await sealedStore(join(folder, "one"), 20);
  const older = copyOf(path, join(folder, "older"));
  let anchor;
  {
    await using store = await openStore({ path });
    for (let seed = 500; seed < 505; seed++)
      await store.logEvent(sampleEvent(seed, { timestamp: undefined }));
  }
  const later = await sealedStore(join(folder, "two"), 25);
  anchor = { ...later.anchor, seal: { ...later.anchor.seal, origin: originOf(path) } };
  const report = await verifyStore(older, { anchors: [anchor] });
  expect(report.verdict).toBe("violated");
  expect(report.findings[0]).toMatchObject({ code: "rolled-back" });
});

function originOf(path: string): string {
  return (JSON.parse(readFileSync(join(path, ".store", "store.json"), "utf8")) as { origin: string }).origin;
}

test("another key, or one that was revoked, signs nothing", async () => {
  const folder = scratchFolder();
  const { path, policy } = await sealedStore(folder, 20);
  const other = newSigningKey(policy.logs[0]?.key.name ?? "", "ed25519");
  const strange = parsePolicy(`log ${other.verifier.vkey}\nquorum none\n`);
  expect(await verifyStore(path, { policy: strange })).toMatchObject({ verdict: "violated" });
  const key = policy.logs[0]?.key;
  const revoked = parsePolicy(`log ${key?.vkey}\nquorum none\n# eso-revoked ${key?.name}+${key?.keyId} 10\n`);
  const report = await verifyStore(path, { policy: revoked });
  expect(report.findings.some(({ message }) => message.includes("revoked"))).toBe(true);
});

test("what cannot be checked is said to be unverifiable, never intact", async () => {
  const folder = scratchFolder();
  const path = join(folder, "events");
  {
    await using store = await openStore({ path });
    await store.logEvent(sampleEvent(1));
  }
  expect((await verifyStore(path)).verdict).toBe("intact");
  expect((await verifyStore(path, { requireSignature: true })).verdict).toBe("unverifiable");
  expect((await verifyStore(path, { anchors: [] })).verdict).toBe("unverifiable");
});

test(
  "every single-bit flip in the files of a small store is found or is of no consequence",
  { timeout: 600_000 },
  async () => {
    const folder = scratchFolder();
    const { path, anchor, policy } = await sealedStore(folder, 20);
    const step = ROUNDS > 1_000 ? 1 : 397;
    for (const file of eventFilesOf(path)) {
      const copy = copyOf(path, join(folder, "copy"));
      rmSync(join(copy, ".store", "journal"), { recursive: true });
      const bits = statSync(join(copy, file)).size * 8;
      for (let bit = 0; bit < bits; bit += step) {
        flipBit(join(copy, file), bit);
        const report = await verifyStore(copy, { anchors: [anchor], policy });
        expect.soft(report.verdict, `${file} bit ${bit}`).toBe("violated");
        flipBit(join(copy, file), bit);
      }
      expect((await verifyStore(copy, { anchors: [anchor], policy })).verdict).toBe("intact");
    }
  },
);

test("a flipped bit among the store's seals is found, or the seals still say the same", async () => {
  const folder = scratchFolder();
  const { path, anchor, policy } = await sealedStore(folder, 20);
  const seals = readdirSync(join(path, ".store", "seals")).map((name) => join(".store", "seals", name));
  for (const file of [...seals, join(".store", "tree", "checkpoint")]) {
    const copy = copyOf(path, join(folder, "copy"));
    const bits = statSync(join(copy, file)).size * 8;
    for (let bit = 0; bit < bits; bit += 41) {
      flipBit(join(copy, file), bit);
      const report = await verifyStore(copy, { anchors: [anchor], policy });
      if (report.verdict === "intact") expect(report.seals).toMatchObject({ sealed_to: 20, anchored_to: 20 });
      flipBit(join(copy, file), bit);
    }
  }
});

test("an issue is checked on its own, and its lines against the newest seal", async () => {
  const folder = scratchFolder();
  const { path, policy } = await sealedStore(folder, 60);
  const file = eventFilesOf(path).find((name) => name.includes("SAMPLE-")) as string;
  const issue = file.split("/")[1] as string;
  const report = verifyIssue(path, issue, { policy });
  expect(report).toMatchObject({ verdict: "intact", findings: [] });
  expect(report.proven.join("\n")).toMatch(/under the seal of 60 events[\s\S]*signed/);
  const copy = copyOf(path, join(folder, "copy"));
  expect((MUTATIONS["a history written anew"] as (typeof MUTATIONS)[string])(copy, new SeededRandom(4))).toBe(
    true,
  );
  const streams = new Set(
    eventFilesOf(copy).map((name) => (name.startsWith("global") ? "global" : name.split("/")[1])),
  );
  const verdicts = [...streams].map((stream) => verifyIssue(copy, stream as string, { policy }).verdict);
  expect(verdicts.filter((verdict) => verdict === "violated")).toHaveLength(1);
});
