import assert from "node:assert/strict";

import { EsoError, type EsoErrorCode } from "../../errors.ts";
import type { StoredEvent } from "../../event/envelope.ts";
import type { PreparedEvent } from "../../event/prepared.ts";
import type {
  AppendRequest,
  EventLog,
  EventLogReader,
  Placement,
  ReadAllOptions,
  ReadStreamOptions,
  StoredLine,
} from "../../log/event-log.ts";

export type AppendOptions = Partial<Omit<AppendRequest, "events">>;

/** Appends with the library's defaults: any sequence, conflict on another fact. */
export function append(
  log: EventLog,
  events: readonly PreparedEvent[],
  options: AppendOptions = {},
): Promise<readonly Placement[]> {
  return log.append({ events, expectedSequence: "any", onDuplicate: "conflict", ...options });
}

/** Appends one event and gives its placement. */
export async function appendOne(
  log: EventLog,
  event: PreparedEvent,
  options: AppendOptions = {},
): Promise<Placement> {
  const placements = await append(log, [event], options);
  assert.equal(placements.length, 1, "one placement for one event");
  return first(placements);
}

export function first<T>(list: readonly T[]): T {
  const [item] = list;
  assert(item !== undefined, "the list is empty");
  return item;
}

export function last<T>(list: readonly T[]): T {
  const item = list.at(-1);
  assert(item !== undefined, "the list is empty");
  return item;
}

export async function toArray<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** All items of the chunks, none of which may be empty. */
export async function collect<T>(chunks: AsyncIterable<readonly T[]>): Promise<T[]> {
  const list = await toArray(chunks);
  for (const chunk of list) assert(chunk.length > 0, "a read yields no empty chunk");
  return list.flat();
}

export function readStream(
  log: EventLogReader,
  stream: string,
  options?: ReadStreamOptions,
): Promise<StoredLine[]> {
  return collect(log.readStream(stream, options));
}

export function readAll(log: EventLogReader, options?: ReadAllOptions): Promise<StoredLine[]> {
  return collect(log.readAll(options));
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function textOf(line: StoredLine): string {
  return utf8.decode(line.bytes);
}

export function eventOf(line: StoredLine): StoredEvent {
  const event: StoredEvent = JSON.parse(textOf(line));
  return event;
}

/** Line for line what a stream says, for comparing. */
export async function streamTexts(log: EventLogReader, stream: string): Promise<string[]> {
  return (await readStream(log, stream)).map(textOf);
}

/** Where a line stands and what it says, for comparing lines of different reads. */
export function placed({ stream, sequence, position, bytes }: StoredLine) {
  return { stream, sequence, position, text: utf8.decode(bytes) };
}

/** Asserts that a call fails with an error of this code, and gives the error. */
export async function rejectsWith(
  code: EsoErrorCode,
  call: () => PromiseLike<unknown>,
  errorClass: new (...parameters: never[]) => EsoError = EsoError,
): Promise<EsoError> {
  const error = await call().then(
    () => assert.fail(`resolved instead of failing with ${code}`),
    (reason: unknown) => reason,
  );
  if (error instanceof assert.AssertionError) throw error;
  if (!(error instanceof EsoError))
    assert.fail(`failed with ${String(error)} instead of an EsoError ${code}`);
  assert.equal(error.code, code, `code of: ${error.message}`);
  assert(error instanceof errorClass, `${error.name} is not a ${errorClass.name}`);
  return error;
}

/** Asserts that a call leaves every stored byte, and their number, as it was. */
export async function writesNothing(log: EventLog, call: () => Promise<unknown>): Promise<void> {
  const before = { head: await log.head(), lines: (await readAll(log)).map(placed) };
  await call();
  const after = { head: await log.head(), lines: (await readAll(log)).map(placed) };
  assert.deepEqual(after, before, "nothing was written");
}
