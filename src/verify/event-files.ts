import { closeSync, type Dirent, readdirSync } from "node:fs";
import { join, relative } from "node:path";

import { Findings } from "./finding.ts";
import { openRegular, scanFile, type ScannedLine } from "./line-scan.ts";

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const GLOBAL = "global";
const EVENTS = "events.jsonl";

/** A file of events: one stream's lines of one day. */
export interface EventFile {
  readonly stream: string;
  /** Undefined for the open file of `global`, which holds one day, whichever it is. */
  readonly day: string | undefined;
  readonly path: string;
  /** Relative to the store. */
  readonly name: string;
}

/** Every file of events, by stream, each stream's oldest first. */
export function findEventFiles(base: string, findings: Findings): Map<string, EventFile[]> {
  const byStream = new Map<string, EventFile[]>();
  const add = (stream: string, day: string | undefined, folder: string): void => {
    const path = join(folder, EVENTS);
    const entry = entriesOf(folder).find(({ name }) => name === EVENTS);
    if (entry === undefined) return;
    const name = relative(base, path);
    if (!entry.isFile()) return findings.add(unsafe(name));
    const files = byStream.get(stream) ?? [];
    files.push({ stream, day, path, name });
    byStream.set(stream, files);
  };
  for (const day of days(base))
    for (const { name } of folders(join(base, day), findings, base)) add(name, day, join(base, day, name));
  const global = join(base, GLOBAL);
  for (const day of days(global)) add(GLOBAL, day, join(global, day));
  add(GLOBAL, undefined, global);
  return byStream;
}

function days(folder: string): string[] {
  return entriesOf(folder)
    .filter((entry) => entry.isDirectory() && DAY.test(entry.name))
    .map(({ name }) => name)
    .sort();
}

function folders(folder: string, findings: Findings, base: string): Dirent[] {
  return entriesOf(folder).filter((entry) => {
    if (entry.isSymbolicLink()) findings.add(unsafe(relative(base, join(folder, entry.name))));
    return entry.isDirectory() && !entry.name.startsWith(".");
  });
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR"))
      return [];
    throw error;
  }
}

function unsafe(file: string) {
  const message =
    "a link or special file stands where the store keeps a folder or file of its own; it was not read";
  return { code: "unsafe-file", message, file } as const;
}

/** A line of any of a store's files. */
export interface FiledLine extends ScannedLine {
  readonly stream: string;
  /** Relative to the store. */
  readonly file: string;
}

/** Every line of every file of events; `bytes` are valid until the next one is asked for. */
export function* filedLines(base: string): Generator<FiledLine, void, undefined> {
  for (const [stream, files] of findEventFiles(base, new Findings()))
    for (const { path, name } of files) yield* linesOf(path, { stream, file: name });
}

function* linesOf(
  path: string,
  place: { readonly stream: string; readonly file: string },
): Generator<FiledLine> {
  const file = openRegular(path);
  if (file === undefined) return;
  try {
    for (const line of scanFile(file)) yield { ...line, ...place };
  } finally {
    closeSync(file);
  }
}
