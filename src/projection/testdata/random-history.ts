import type { EventInput, JsonObject, StoredEvent } from "../../event/envelope.ts";
import { isEventType } from "../../event/registry.ts";
import { runEffect } from "../../event/run-effect.ts";
import { SeededRandom } from "../../testing/seeded-random.ts";
import { step } from "./random-steps.ts";
import { HISTORY_ISSUE, RandomWork } from "./random-work.ts";

export { HISTORY_ISSUE } from "./random-work.ts";

/** What callers log, and which of it turns out wrong. */
export interface HistoryInputs {
  /** In order of record; every one carries its `event_id` and `timestamp`. */
  readonly inputs: readonly EventInput[];
  /** The `event_id`s of those to be voided. */
  readonly voided: readonly string[];
}

/**
 * A believable stream of one issue, `HISTORY_ISSUE`, as it is stored: several runs, phases visited again, parallel
 * agents of one name, gaps, pull requests, late events, ends before starts, unknown types, facts seen again and
 * voided events among them. The same for the same seed; a shorter one is not the beginning of a longer one.
 */
export function randomHistory(seed: number, size: number): StoredEvent[] {
  return stored(recorded(seed, size), new SeededRandom(seed + 1));
}

/** The same history as a caller can log it: without the store's own events and unknown types. */
export function historyInputs(seed: number, size: number): HistoryInputs {
  const all = recorded(seed, size);
  const voided = all
    .filter(({ event_type }) => event_type === "StoreEventVoided")
    .map(({ causation_id }) => causation_id ?? "");
  const inputs = all.filter(({ event_type }) => isEventType(event_type));
  const ids = new Set(inputs.map(({ event_id }) => event_id));
  return { inputs, voided: [...new Set(voided)].filter((id) => ids.has(id)) };
}

/** What is logged, in order of record. */
function recorded(seed: number, size: number): readonly EventInput[] {
  const random = new SeededRandom(seed);
  const work = new RandomWork(random);
  // Something happens before anybody starts a run.
  for (let before = random.below(4); before > 0; before -= 1) step(work);
  while (work.drafts.length < size) step(work);
  const inOrder = work.drafts
    .map(({ input, delay }, index) => ({ input, place: index + delay }))
    .sort((a, b) => a.place - b.place)
    .map(({ input }) => input);
  return withStoreEvents(inOrder, work).slice(0, size);
}

/** Now and then the store learns more about an event, or that it was wrong. */
function withStoreEvents(inputs: readonly EventInput[], work: RandomWork): readonly EventInput[] {
  const { random } = work;
  return inputs.flatMap((input, index) => {
    const subject = inputs[index - random.below(Math.min(index + 1, 20))];
    if (subject === undefined || !random.chance(0.04)) return [input];
    const by = { actor: { type: "system", id: "eso" }, issue_key: HISTORY_ISSUE } as const;
    const { timestamp = "" } = input;
    const { event_id: fact = "", event_type: fact_type } = subject;
    const common = { event_id: work.uuid(), timestamp, causation_id: fact, ...by };
    if (random.chance(0.4)) {
      const metadata = { voided_event_id: fact, why: "logged twice" };
      return [input, { ...common, event_type: "StoreEventVoided", metadata }];
    }
    const metadata = { fact, fact_type, adds: additions(subject) };
    return [input, { ...common, event_type: "StoreFactSeen", metadata }];
  });
}

function additions({ event_type, metadata }: EventInput): JsonObject {
  const known = metadata as JsonObject;
  const offered: JsonObject = {
    note: "seen again",
    ...(event_type === "PRCreated" ? { pr_title: "Fix the login", pr_url: "https://git.example.com/1" } : {}),
    ...(event_type === "AgentSpawned" ? { agent_model: "claude-opus-5", assigned_task: "the login" } : {}),
    ...(event_type === "GapIdentified" ? { description: "found by two", blocking: true } : {}),
  };
  return Object.fromEntries(Object.entries(offered).filter(([key]) => !(key in known)));
}

interface OpenRun {
  readonly correlation_id: string;
  readonly session_id: string;
  readonly phase: string | undefined;
}

/** Stamps events as a store does: place, run, phase, session, moments that never go back. */
function stored(inputs: readonly EventInput[], random: SeededRandom): StoredEvent[] {
  const runs: OpenRun[] = [];
  let recorded_ms = 0;
  return inputs.map((input, index) => {
    const { event_id = "", event_type, timestamp = "", actor, causation_id } = input;
    const metadata = input.metadata as JsonObject;
    const opens = event_type === "OrchestrationStarted";
    const run = opens ? undefined : runOf(runs, input.correlation_id);
    const correlation_id = input.correlation_id ?? (opens ? event_id : run?.correlation_id);
    const session_id = run?.session_id ?? `session-${random.below(5)}`;
    const named = metadata["phase"];
    const phase = typeof named === "string" ? named : run?.phase;
    if (correlation_id !== undefined) follow(runs, input, { correlation_id, session_id, phase });
    recorded_ms = Math.max(recorded_ms, Date.parse(timestamp) + random.below(50));
    return {
      event_id,
      event_type,
      event_version: "1.0.0",
      timestamp,
      event_sequence: index + 1,
      issue_key: HISTORY_ISSUE,
      session_id,
      ...(correlation_id === undefined ? {} : { correlation_id }),
      ...(causation_id === undefined ? {} : { causation_id }),
      actor,
      ...(phase === undefined ? {} : { phase }),
      metadata,
      recorded_at: new Date(recorded_ms).toISOString(),
      position: index + 1,
      prev_hash: random.hex(64),
    };
  });
}

function runOf(runs: readonly OpenRun[], named: string | undefined): OpenRun | undefined {
  return named === undefined ? runs.at(-1) : runs.findLast(({ correlation_id }) => correlation_id === named);
}

/** Opens, moves or closes the run that an event belongs to. */
function follow(runs: OpenRun[], { event_type, metadata }: EventInput, run: OpenRun): void {
  const effect = runEffect(event_type, metadata as JsonObject);
  const index = runs.findIndex(({ correlation_id }) => correlation_id === run.correlation_id);
  if (effect?.kind === "open") {
    if (index !== -1) runs.splice(index, 1);
    runs.push({ ...run, phase: effect.phase ?? undefined });
    if (runs.length > 10) runs.shift();
  } else if (index === -1) return;
  else if (effect?.kind === "close") runs.splice(index, 1);
  else if (effect?.kind === "phase") runs[index] = { ...run, phase: effect.phase ?? undefined };
}
