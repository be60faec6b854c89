import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";

import { ConflictError, IntegrityError } from "../../errors.ts";
import { memoryReplays, type ReplayEntry, type ReplayJournals } from "../../log/replay-journal.ts";
import { fileReplays } from "./file-replays.ts";

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "eso-replays-"));
  mkdirSync(join(base, ".store"));
});
afterEach(() => rmSync(base, { recursive: true }));

const at = "2026-11-24T14:00:00.000Z";
const entry = fc
  .record({ kind: fc.constant("outcome" as const), sequence: fc.nat(), error: fc.string() })
  .map(({ kind, sequence, error }): ReplayEntry => ({ kind, sequence, error, outcome: "failed", at }));
const journal = (id: string): string => join(base, ".store", "replays", `${id}.jsonl`);

async function filled(journals: ReplayJournals, id: string, entries: readonly ReplayEntry[]): Promise<void> {
  const made = await journals.create(id);
  for (const one of entries) await made.append(one);
  made.close();
}

async function foundIn(journals: ReplayJournals, id: string): Promise<readonly ReplayEntry[]> {
  const opened = await journals.open(id);
  opened?.close();
  return opened?.found ?? [];
}

test.each([
  ["files", () => fileReplays(base)],
  ["memory", memoryReplays],
])("%s: what was appended is found again; one holder at a time", async (_name, make) => {
  const journals = make();
  const entries = fc.sample(entry, 20);
  expect(journals.list()).toEqual([]);
  expect(journals.read("a")).toBeUndefined();
  expect(await journals.open("a")).toBeUndefined();
  await filled(journals, "a", entries);
  await filled(journals, "b", []);
  expect(journals.list()).toEqual(["a", "b"]);
  await expect(journals.create("a")).rejects.toThrow(ConflictError);
  const held = await journals.open("a");
  expect(held?.found).toEqual(entries);
  expect(journals.read("a")).toEqual(entries);
  await expect(async () => journals.open("a")).rejects.toThrow(ConflictError);
  await held?.append(entries[0]!);
  held?.close();
  expect(await foundIn(journals, "a")).toEqual([...entries, entries[0]]);
});

test("a journal cut anywhere is a journal of the whole entries before the cut, and goes on from there", async () => {
  const entries = fc.sample(entry, 4);
  await filled(fileReplays(base), "whole", entries);
  const bytes = readFileSync(journal("whole"));
  for (let cut = 0; cut <= bytes.length; cut += 7) {
    writeFileSync(journal("cut"), bytes.subarray(0, cut));
    const whole = bytes.subarray(0, cut).filter((byte) => byte === 0x0a).length;
    const opened = await fileReplays(base).open("cut");
    expect(opened?.found).toEqual(entries.slice(0, whole));
    await opened?.append(entries[0]!);
    opened?.close();
    expect(await foundIn(fileReplays(base), "cut")).toEqual([...entries.slice(0, whole), entries[0]]);
  }
});

test("bytes that a power loss left behind the last entry are no entry", async () => {
  const entries = fc.sample(entry, 2);
  await filled(fileReplays(base), "torn", entries);
  appendFileSync(journal("torn"), Buffer.alloc(40));
  expect(await foundIn(fileReplays(base), "torn")).toEqual(entries);
});

test("a damaged entry in the middle is told of, never passed over", async () => {
  await filled(fileReplays(base), "bad", fc.sample(entry, 3));
  const text = readFileSync(journal("bad"), "utf8");
  writeFileSync(journal("bad"), text.replace("{", "["));
  expect(() => fileReplays(base).read("bad")).toThrow(IntegrityError);
  await expect(fileReplays(base).open("bad")).rejects.toThrow(/replays\/bad\.jsonl:1 is not an entry/);
  // Refusing it did not keep the lock.
  await expect(fileReplays(base).open("bad")).rejects.toThrow(IntegrityError);
});

test("journals are for their owner only", async () => {
  await filled(fileReplays(base), "mode", []);
  expect(statSync(journal("mode")).mode & 0o777).toBe(0o600);
  expect(statSync(join(base, ".store", "replays")).mode & 0o777).toBe(0o700);
  expect(existsSync(journal("other"))).toBe(false);
});
