import { hash } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import type { SeededRandom } from "../../src/testing/seeded-random.ts";
import { eventFilesOf, linesOf } from "./sealed-store.ts";

/** Changes a store as somebody might who can write to its folder; gives false where it cannot be done here. */
export type Mutation = (store: string, random: SeededRandom) => boolean;

/** A file of events with at least `least` lines, and its lines. */
function pick(store: string, random: SeededRandom, least = 1) {
  const files = eventFilesOf(store).filter((file) => linesOf(join(store, file)).length >= least);
  if (files.length === 0) return undefined;
  const path = join(store, random.pick(files as [string, ...string[]]));
  return { path, lines: linesOf(path) };
}

/** Writes lines back to a file, closed days' files too. */
function put(path: string, lines: readonly string[]): boolean {
  rmSync(path);
  writeFileSync(path, lines.join(""));
  return true;
}

/** The journal may hold what was changed: whoever edits the files gets rid of it. */
function dropJournal(store: string): void {
  rmSync(join(store, ".store", "journal"), { recursive: true, force: true });
}

/** Changes lines of one file, with and without the journal. */
function onLines(least: number, change: (lines: string[], random: SeededRandom) => void): Mutation {
  return (store, random) => {
    const picked = pick(store, random, least);
    if (picked === undefined) return false;
    const before = picked.lines.join("");
    change(picked.lines, random);
    if (picked.lines.join("") === before) return false;
    if (random.chance(0.5)) dropJournal(store);
    return put(picked.path, picked.lines);
  };
}

/** Writes a stream anew from its first line on, every hash as it should be: all but the seals fit again. */
function rechained(change: (event: Record<string, unknown>) => void): Mutation {
  return (store, random) => {
    const picked = pick(store, random);
    if (picked === undefined) return false;
    const events = picked.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const first = random.below(events.length);
    const rewritten = picked.lines.slice(0, first);
    change(events[first] as Record<string, unknown>);
    for (const [index, event] of events.slice(first).entries()) {
      const before = rewritten.at(-1);
      if (index > 0 && before !== undefined) event["prev_hash"] = hash("sha256", `\0${before.slice(0, -1)}`);
      rewritten.push(`${JSON.stringify(event)}\n`);
    }
    if (rewritten.join("") === picked.lines.join("")) return false;
    dropJournal(store);
    rmSync(join(store, ".store", "closed"), { recursive: true, force: true });
    return put(picked.path, rewritten);
  };
}

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  "a changed letter": onLines(1, (lines, random) => {
    const at = random.below(lines.length);
    const line = lines[at] as string;
    const place = random.below(line.length - 1);
    const letter = line[place] === "x" ? "y" : "x";
    lines[at] = line.slice(0, place) + letter + line.slice(place + 1);
  }),
  "an inserted line": onLines(1, (lines, random) => {
    const copy = lines[random.below(lines.length)] as string;
    lines.splice(
      random.below(lines.length + 1),
      0,
      copy.replace(/"event_id":"[^"]*"/, '"event_id":"5f0e6a0c-94b1-4a3e-9d0a-2f6a6f2f3c11"'),
    );
  }),
  "a removed line": onLines(1, (lines, random) => void lines.splice(random.below(lines.length), 1)),
  "two swapped lines": onLines(2, (lines, random) => {
    const at = random.below(lines.length - 1);
    lines.splice(at, 2, lines[at + 1] as string, lines[at] as string);
  }),
  "a line twice": onLines(1, (lines, random) => {
    const at = random.below(lines.length);
    lines.splice(at, 0, lines[at] as string);
  }),
  "a shortened file": (store, random) => {
    const picked = pick(store, random);
    if (picked === undefined) return false;
    dropJournal(store);
    return put(picked.path, [picked.lines.join("").slice(0, random.below(picked.lines.join("").length))]);
  },
  "a removed file": (store, random) => {
    const picked = pick(store, random);
    if (picked === undefined) return false;
    dropJournal(store);
    rmSync(picked.path);
    return true;
  },
  "a removed day": (store, random) => {
    const picked = pick(store, random);
    if (picked === undefined) return false;
    dropJournal(store);
    rmSync(join(store, ".store", "closed"), { recursive: true, force: true });
    rmSync(dirname(dirname(picked.path)), { recursive: true });
    return true;
  },
  "a history written anew": rechained((event) => {
    event["metadata"] = { ...(event["metadata"] as object), note: "nothing happened" };
  }),
  "a backdated event": rechained((event) => {
    event["recorded_at"] = "2025-12-31T23:00:00.000Z";
  }),
  "another actor": rechained((event) => {
    event["actor"] = { type: "user", id: "mallory" };
  }),
};

/** Flips one bit of a file. */
export function flipBit(path: string, bit: number): void {
  const bytes = readFileSync(path);
  const at = bit >> 3;
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
  rmSync(path);
  writeFileSync(path, bytes);
}
