import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { recordFailedRun, SHOP } from "../../src/cli/failed-run.fixture.ts";
import { run } from "../../src/cli/run.ts";
import { temporaryFolder } from "../../src/cli/run-cli.fixture.ts";
import { fileSeals } from "../../src/engines/files/file-seals.ts";
import { openStore } from "../../src/index.ts";
import { leafHash, treeRoot } from "../../src/proof/hash-tree.ts";
import { newSigningKey } from "../../src/proof/note-key.ts";
import { type Seal, sealLine } from "../../src/proof/seal.ts";
import { signerOf } from "../../src/proof/signer.ts";
import { formatTlogProof } from "../../src/proof/tlog-proof.ts";
import { inclusionProof } from "../../src/proof/tree-proof.ts";
import { Sealer } from "../../src/store/seals/sealer.ts";
import { ROOT } from "../source-files.ts";
import { esoCommands } from "./commands.ts";
import { fencedCode } from "./snippets.ts";

const path = "docs/guide/verify.md";
/** Each session's commands, with what they show. */
const sessions = fencedCode({ path, text: readFileSync(join(ROOT, path), "utf8") })
  .filter(({ language }) => language === "console")
  .flatMap(({ text }) => text.split(/^(?=\$ )/m))
  .map((session) => ({
    command: session.slice(2, session.indexOf("\n")),
    shown: session.slice(session.indexOf("\n") + 1),
  }));
const hasPython = spawnSync("python3", ["--version"]).error === undefined;

const folder = temporaryFolder();
const store = join(folder.path, "events");
/** The evening of the day that the guide shows: later its files would be closed. */
const clock = (): number => Date.UTC(2026, 10, 24, 20);
/** Of the event that the guide proves, counted from 0. */
const PROVED = 19;
/** Every store has a name of its own; the guide shows this one. */
const ORIGIN = /eso\.local\/[0-9a-f-]{36}/g;
const SHOWN_ORIGIN = "eso.local/5b0c6d7e-3f0a-4a51-9d0e-7a1c2f4b8e90";

/** The store of the guide, and what its auditor has: a CI log, a public key, an event and its proof. */
beforeAll(async () => {
  await recordFailedRun(store);
  const shelf = fileSeals(store);
  const key = newSigningKey(shelf.origin(), "ed25519");
  const { seal } = await sealed(shelf, key);
  shelf.close();
  put("auditor.vkey", `${key.verifier.vkey}\n`);
  put("ci.log", `2026-11-24T14:30:00Z deploy: ${sealLine(seal)}\n`);
  const lines = readFileSync(join(store, "2026-11-24", SHOP, "events.jsonl"), "utf8")
    .trimEnd()
    .split("\n");
  put("event.json", `${lines[PROVED]}\n`);
  const leaves = lines.map((line) => leafHash(Buffer.from(line)));
  const node = (height: number, at: number): Uint8Array =>
    treeRoot(leaves.slice(at * 2 ** height, (at + 1) * 2 ** height));
  const proof = inclusionProof(PROVED, lines.length, node);
  put("event.tlog-proof", formatTlogProof({ index: PROVED, proof, seal }));
});
afterAll(() => folder[Symbol.dispose]());

function put(name: string, text: string): void {
  writeFileSync(join(folder.path, name), text);
}

function warn(message: string): never {
  throw new Error(message);
}

async function sealed(
  shelf: ReturnType<typeof fileSeals>,
  key: ReturnType<typeof newSigningKey>,
): Promise<{ seal: Seal }> {
  await using opened = await openStore({ path: store, clock });
  const signers = () => Promise.resolve([signerOf(key)]);
  const { seal } = await new Sealer({ log: opened.log, shelf, signers, clock, warn }).seal();
  if (seal === undefined) throw new Error("nothing was sealed");
  return { seal };
}

test("the guide shows a session for each thing that can be verified", () => {
  expect(sessions.filter(({ command }) => command.startsWith("eso verify")).length).toBeGreaterThanOrEqual(6);
});

test.for(sessions)("the output of $command is real", async ({ command, shown }, { skip }) => {
  skip(!hasPython && command.startsWith("python3"), "there is no python3 here");
  expect((await seen(command)).trimEnd()).toBe(shown.trimEnd());
});

/** What a person at a terminal of 80 columns without colours sees. */
async function seen(command: string): Promise<string> {
  const [words] = esoCommands(command);
  const text = words === undefined ? inShell(command) : await inEso(words);
  return text.replaceAll(`${folder.path}/`, "").replaceAll(ORIGIN, SHOWN_ORIGIN);
}

function inShell(command: string): string {
  const words = command.replaceAll("tools/verify/", join(ROOT, "tools/verify/"));
  return execFileSync("sh", ["-c", words], { cwd: folder.path, encoding: "utf8" });
}

async function inEso(words: readonly string[]): Promise<string> {
  let text = "";
  const stream = {
    isTTY: true,
    columns: 80,
    on: () => undefined,
    write: (part: string, done: (error?: Error | null) => void) => {
      text += part;
      done();
      return true;
    },
  };
  const io = { stdout: stream, stderr: stream, signal: new AbortController().signal };
  await run({ words, env: { NO_COLOR: "1", ESO_STORE: store }, cwd: folder.path, ...io });
  return text;
}
