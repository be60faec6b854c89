import type { EventInput } from "../../event/envelope.ts";
import { textOf } from "./json.ts";
import type { MappingRules } from "./mapping.ts";
import type { Observation } from "./observation.ts";
import type { SessionOutline } from "./outline.ts";
import type { Runs, RunStep } from "./runs.ts";
import { IDLE_MS, SessionMapper } from "./session-mapper.ts";
import { newSession } from "./session-state.ts";
import { TranscriptReader } from "./transcript.ts";
import { type PassedOver, readEntries } from "./transcript-file.ts";

export interface SessionReading {
  readonly rules: MappingRules;
  readonly runs: Runs;
  /** What the record knows of an issue's orchestrations; asked once for each issue. */
  readonly stepsOf: (issue: string) => Promise<readonly RunStep[]>;
  /** Epoch ms: what has been left alone for long enough by then is over. */
  readonly now: number;
  /** The session has ended, however lately. */
  readonly ended?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: (bytes: number) => void;
  readonly passedOver: PassedOver;
}

/** Events in one chunk. */
const CHUNK = 500;

/**
 * The events of a session, made of its transcript and those of its subagents, in order of time. Reading it
 * again gives the same events.
 *
 * @example
 * for await (const events of sessionEvents(await outlineOf(files), reading)) await log(events);
 */
export async function* sessionEvents(
  outline: SessionOutline,
  reading: SessionReading,
): AsyncGenerator<EventInput[]> {
  const { files, last } = outline;
  const { rules, runs, stepsOf, now, ended = false } = reading;
  const mapper = new SessionMapper({ state: newSession(files.session), rules, runs, foresight: outline });
  let chunk: EventInput[] = [];
  for await (const seen of merged(sources(outline, reading))) {
    const issue = mapper.issueFor(seen);
    if (issue !== undefined && !runs.has(issue)) runs.load(issue, await stepsOf(issue));
    chunk.push(...mapper.take(seen));
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = [];
  }
  const isLeft = last !== undefined && now - Date.parse(last) > IDLE_MS;
  if (ended || isLeft) chunk.push(...mapper.finish());
  if (chunk.length > 0) yield chunk;
}

function sources({ files }: SessionOutline, reading: SessionReading): AsyncGenerator<Observation>[] {
  const agents = files.agents.map(({ id, path }) =>
    observations(path, new TranscriptReader(files.session, id), reading),
  );
  return [observations(files.path, new TranscriptReader(files.session), reading), ...agents];
}

async function* observations(
  path: string,
  reader: TranscriptReader,
  { signal, onBytes, passedOver }: SessionReading,
): AsyncGenerator<Observation> {
  // A session that was resumed may hold its own beginning twice.
  const read = new Set<string>();
  for await (const entry of readEntries(path, { signal, onBytes, passedOver })) {
    const id = textOf(entry["uuid"]);
    if (id !== undefined && read.has(id)) continue;
    if (id !== undefined) read.add(id);
    yield* reader.read(entry);
  }
  for (const [kind, count] of reader.unknown)
    passedOver.kinds.set(kind, (passedOver.kinds.get(kind) ?? 0) + count);
}

interface Head {
  readonly source: AsyncGenerator<Observation>;
  readonly place: number;
  value: Observation;
  /** Never goes back, so that what a file tells stays in the file's order. */
  at: string;
}

/** Several files in one order of time; of the same moment, the session's own file comes first. */
async function* merged(files: readonly AsyncGenerator<Observation>[]): AsyncGenerator<Observation> {
  const heads: Head[] = [];
  for (const [place, source] of files.entries()) {
    const { value, done } = await source.next();
    if (done !== true) heads.push({ source, place, value, at: value.at });
  }
  while (heads.length > 0) {
    const next = heads.reduce((least, one) =>
      one.at < least.at || (one.at === least.at && one.place < least.place) ? one : least,
    );
    yield next.value;
    const { value, done } = await next.source.next();
    if (done === true) heads.splice(heads.indexOf(next), 1);
    else {
      next.value = value;
      if (value.at > next.at) next.at = value.at;
    }
  }
}
