import { join } from "node:path";

import { GLOBAL_STREAM } from "../../event/envelope.ts";

/** The newest on-disk format that this version reads and writes. */
export const FORMAT_VERSION = 1;

export const EVENTS_FILE = "events.jsonl";
export const DAY_MS = 86_400_000;
const DAY_FOLDER = /^\d{4}-\d{2}-\d{2}$/;

/** Where things are under a store's base folder. */
export function layoutOf(base: string) {
  const room = join(base, ".store");
  return {
    base,
    room,
    storeFile: join(room, "store.json"),
    lockFile: join(room, "lock.db"),
    headFile: join(room, "head"),
    journals: join(room, "journal"),
    catalogFile: join(room, "catalog.db"),
    orderFile: join(room, "order"),
    ids: join(room, "ids"),
    quarantine: join(room, "quarantine"),
    closedDays: join(room, "closed"),
    archive: join(base, "archive"),
    pruned: join(room, "pruned"),
    indexFile: join(room, "index.db"),
    blobs: join(room, "blobs"),
    cursors: join(room, "cursors"),
    metrics: join(room, "metrics"),
    globalFolder: join(base, GLOBAL_STREAM),
    readme: join(base, "README.md"),
    schemas: join(base, "schemas"),
  } as const;
}

export type Layout = ReturnType<typeof layoutOf>;

/** The compressed file that stands in for a stream's file of one day. */
export function archivePath(layout: Layout, stream: string, day: string): string {
  return join(layout.archive, day, stream, `${EVENTS_FILE}.zst`);
}

/** What is left of a stream's file of one day that was pruned: the hashes of its lines, compressed. */
export function prunedPath(layout: Layout, stream: string, day: string): string {
  return join(layout.pruned, day, `${stream}.leaves.zst`);
}

/** The folder that holds a stream's file of one day; `global`'s open day lies one level higher. */
export function streamFolder(layout: Layout, stream: string, day: string): string {
  return stream === GLOBAL_STREAM ? join(layout.globalFolder, day) : join(layout.base, day, stream);
}

let dayNumber = Number.NaN;
let dayName = "";

/** `2026-11-24` of an epoch time in ms, UTC. Asked for every event, so the last answer is kept. */
export function dayOf(ms: number): string {
  const number = Math.floor(ms / DAY_MS);
  if (number !== dayNumber) {
    dayName = new Date(ms).toISOString().slice(0, 10);
    dayNumber = number;
  }
  return dayName;
}

/** Whether a folder's name is a real day. */
export function isDay(name: string): boolean {
  if (!DAY_FOLDER.test(name)) return false;
  const ms = Date.parse(name);
  return Number.isFinite(ms) && dayOf(ms) === name;
}

/** The file of journal `number`. */
export function journalPath(layout: Layout, number: number): string {
  return join(layout.journals, String(number).padStart(8, "0"));
}
