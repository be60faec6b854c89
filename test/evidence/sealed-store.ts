import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { onTestFinished } from "vitest";

import { fileSeals } from "../../src/engines/files/file-seals.ts";
import { type EventStore, openStore } from "../../src/index.ts";
import { newSigningKey } from "../../src/proof/note-key.ts";
import { parsePolicy, type Policy } from "../../src/proof/policy.ts";
import { signerOf } from "../../src/proof/signer.ts";
import { Sealer } from "../../src/store/seals/sealer.ts";
import { sampleEvent } from "../../src/testing/sample-event.ts";
import type { PlacedSeal } from "../../src/verify/stored-seals.ts";

/** A store on disk whose every event is sealed, and what an auditor keeps elsewhere. */
export interface SealedStore {
  readonly path: string;
  readonly anchor: PlacedSeal;
  readonly policy: Policy;
}

/** A folder of a test's own. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "eso-evidence-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const DAY_MS = 86_400_000;

/** Makes a store of `events` events over three days and several streams, sealed at its end and on the way. */
export async function sealedStore(folder: string, events: number, seed = 1): Promise<SealedStore> {
  const path = join(folder, "events");
  let now = Date.UTC(2026, 0, 1, 12);
  const clock = (): number => now;
  await using store = await openStore({ path, clock });
  const key = newSigningKey(fileSeals(path).origin(), "ed25519");
  const shelf = fileSeals(path);
  const signers = () => Promise.resolve([signerOf(key)]);
  const sealer = new Sealer({ log: store.log, shelf, signers, clock, warn: fail });
  for (let index = 0; index < events; index++) {
    now += (3 * DAY_MS) / events;
    await logSample(store, seed * 1_000 + index);
    if (index % 7 === 6) await sealer.seal();
  }
  const { seal } = await sealer.seal();
  if (seal === undefined) throw new Error("nothing was sealed");
  shelf.close();
  const policy = parsePolicy(`log ${key.verifier.vkey}\nquorum none\n`);
  return { path, anchor: { seal, file: "anchor", line: 1 }, policy };
}

function fail(message: string): never {
  throw new Error(message);
}

async function logSample(store: EventStore, seed: number): Promise<void> {
  const { timestamp: _, ...event } = sampleEvent(seed);
  await store.logEvent(event);
}

/** A copy that may be damaged. */
export function copyOf(path: string, to: string): string {
  rmSync(to, { recursive: true, force: true });
  cpSync(path, to, { recursive: true });
  return to;
}

/** The files of events of a store, relative to it. */
export function eventFilesOf(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith("events.jsonl"))
    .sort();
}

/** The lines of a file, each with its LF. */
export function linesOf(path: string): string[] {
  return readFileSync(path, "utf8").split(/(?<=\n)/);
}
