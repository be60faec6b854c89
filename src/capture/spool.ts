import { readFileSync } from "node:fs";

import type { EventInput } from "../event/envelope.ts";
import { readHook } from "./claude-code/hook-payload.ts";
import { objectOf, textOf } from "./claude-code/json.ts";
import type { MappingRules } from "./claude-code/mapping.ts";
import type { Observation } from "./claude-code/observation.ts";
import { Runs, type RunStep } from "./claude-code/runs.ts";
import { SessionMapper } from "./claude-code/session-mapper.ts";
import { newSession, type SessionState } from "./claude-code/session-state.ts";
import {
  abandoned,
  type EndedSession,
  keepEnded,
  keepSession,
  keptSession,
  quarantine,
  remove,
  spooled,
  type SpoolFile,
  type SpoolPlaces,
  spoolPlaces,
} from "./spool-files.ts";
import { takeSpoolLock } from "./spool-lock.ts";

export interface DrainOptions {
  /** The store's folder. */
  readonly store: string;
  readonly rules: MappingRules;
  /** What the record knows of an issue's orchestrations. */
  readonly stepsOf: (issue: string) => Promise<readonly RunStep[]>;
  /** Logs events, each fact once; what is rejected comes back with the reason. */
  readonly deliver: (events: readonly EventInput[]) => Promise<readonly { readonly reason: string }[]>;
  /** Epoch ms. */
  readonly now: number;
}

/** What a look at the spool did. */
export interface DrainReport {
  /** Somebody else is at it. */
  readonly busy: boolean;
  readonly hooks: number;
  readonly events: number;
  readonly quarantined: number;
}

/** What is kept of a session: its state, and the files that are part of it already. */
interface Kept {
  readonly state: SessionState;
  readonly done: readonly string[];
}

interface Read {
  readonly file: SpoolFile;
  readonly observations: readonly Observation[];
}

/**
 * Makes events of what hooks have written, session by session, in order of time and name. Each file is used
 * exactly once, whoever drains and whoever is killed: facts have natural keys, a session's state is kept together
 * with the names of the files that it holds, and files go last. What cannot be used goes to the quarantine.
 *
 * @example
 * await drainSpool({ store: path, rules, stepsOf, deliver, now: Date.now() });
 */
export async function drainSpool(options: DrainOptions): Promise<DrainReport> {
  const places = spoolPlaces(options.store);
  if (spooled(places).length === 0) return { busy: false, hooks: 0, events: 0, quarantined: 0 };
  using lock = await takeSpoolLock(places.lock);
  if (!lock.held) return { busy: true, hooks: 0, events: 0, quarantined: 0 };
  return await new Drain(places, options).run();
}

class Drain {
  readonly #places: SpoolPlaces;
  readonly #options: DrainOptions;
  readonly #runs = new Runs();
  #hooks = 0;
  #events = 0;
  #quarantined = 0;

  constructor(places: SpoolPlaces, options: DrainOptions) {
    this.#places = places;
    this.#options = options;
  }

  async run(): Promise<DrainReport> {
    for (const file of abandoned(this.#places, this.#options.now)) this.#refuse(file, "half-written");
    // What hooks write meanwhile is taken by the next round, or by whoever comes next.
    const sessions = Map.groupBy(
      this.#read(spooled(this.#places)),
      ({ observations }) => observations[0]?.session ?? "",
    );
    for (const [session, read] of sessions) await this.#session(session, read);
    return { busy: false, hooks: this.#hooks, events: this.#events, quarantined: this.#quarantined };
  }

  #refuse(file: SpoolFile, reason: string): void {
    quarantine(this.#places, file, reason);
    this.#quarantined += 1;
  }

  #read(files: readonly SpoolFile[]): Read[] {
    return files.flatMap((file) => {
      this.#hooks += 1;
      try {
        return [{ file, observations: observationsOf(file) }];
      } catch (error) {
        this.#refuse(file, messageOf(error));
        return [];
      }
    });
  }

  async #session(session: string, read: readonly Read[]): Promise<void> {
    const kept = keptOf(keptSession(this.#places, session)) ?? { state: newSession(session), done: [] };
    const done = new Set(kept.done);
    const fresh = read.filter(({ file }) => !done.has(nameOf(file)));
    const { state } = kept;
    const mapped = await this.#map(state, fresh);
    const rejected = await this.#options.deliver(mapped.events);
    this.#events += mapped.events.length - rejected.length;
    for (const one of mapped.ended) keepEnded(this.#places, one);
    // Files that were done before, too: they are still there until they have been removed.
    keepSession(this.#places, session, { state, done: read.map(({ file }) => nameOf(file)) });
    for (const { file, reason } of mapped.refused) this.#refuse(file, reason);
    const [first] = fresh;
    if (first !== undefined && rejected.length > 0)
      this.#refuse(first.file, rejected.map(({ reason }) => reason).join("\n"));
    for (const { file } of read) remove(file);
  }

  async #map(
    state: SessionState,
    read: readonly Read[],
  ): Promise<{
    events: EventInput[];
    refused: { file: SpoolFile; reason: string }[];
    ended: EndedSession[];
  }> {
    const mapper = new SessionMapper({ state, rules: this.#options.rules, runs: this.#runs });
    const events: EventInput[] = [];
    const refused: { file: SpoolFile; reason: string }[] = [];
    const ended: EndedSession[] = [];
    for (const { file, observations } of read) {
      try {
        for (const seen of observations) {
          await this.#know(mapper.issueFor(seen));
          events.push(...mapper.take(seen));
          ended.push(...endOf(seen));
        }
      } catch (error) {
        // One payload that nobody expected must not keep the others from the record.
        refused.push({ file, reason: messageOf(error) });
      }
    }
    return { events, refused, ended };
  }

  async #know(issue: string | undefined): Promise<void> {
    if (issue !== undefined && !this.#runs.has(issue))
      this.#runs.load(issue, await this.#options.stepsOf(issue));
  }
}

function endOf(seen: Observation): EndedSession[] {
  if (seen.kind !== "session-end" || seen.transcript === undefined) return [];
  return [{ session: seen.session, transcript: seen.transcript }];
}

/** Unlike its name alone, this does not come back when a process id does. */
const nameOf = ({ name, written }: SpoolFile): string => `${written}-${name}`;

const HEADER = /^eso-hook\/1(?: ([^\n]*))?\n/;

/** A hook's file: a line with the branch of the working copy, then the payload as it was given. */
function observationsOf(file: SpoolFile): Observation[] {
  const text = readFileSync(file.path, "utf8");
  const header = HEADER.exec(text);
  if (header === null) throw new Error("no header that is known here");
  const at = new Date(Number(file.written / 1_000_000n)).toISOString();
  const payload: unknown = JSON.parse(text.slice(header[0].length));
  return readHook(payload, { at, branch: header[1] === "" ? undefined : header[1] });
}

function keptOf(value: unknown): Kept | undefined {
  const kept = objectOf(value);
  const state = objectOf(kept?.["state"]);
  if (textOf(state?.["session"]) === undefined || !Array.isArray(kept?.["done"])) return undefined;
  return kept as unknown as Kept;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
