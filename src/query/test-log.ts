import * as fc from "fast-check";

import type { JsonObject, StoredEvent } from "../event/envelope.ts";
import type { PreparedEvent } from "../event/prepared.ts";
import type { EventLog, EventLogReader } from "../log/event-log.ts";
import type { QueryFilter } from "./filter.ts";
import { matches } from "./matches.ts";
import { parseFilter } from "./parse-filter.ts";
import type { QuerySource } from "./run-query.ts";

/** What a test says about an event; few values, so that filters meet. */
export interface EventDraft {
  readonly type?: string | undefined;
  readonly issue?: string | undefined;
  readonly timestamp?: string | undefined;
  readonly session?: string | undefined;
  readonly correlation?: string | undefined;
  readonly causation?: string | undefined;
  readonly actor?: string | undefined;
  readonly phase?: string | undefined;
  readonly branch?: string | undefined;
  readonly gitSha?: string | undefined;
  readonly metadata?: JsonObject | undefined;
}

export const LIMITS = { default_page_size: 100, max_page_size: 1_000, max_query_time_seconds: 30 };

const TYPES = ["AgentSpawned", "CommitCreated", "PhaseStarted", "StoreRecovered"];
const ISSUES = ["PROJ-1", "PROJ-2", "OTHER-1"];
const NAMES = ["dev", "qa", "prüfer", "x".repeat(70), `${"x".repeat(69)}y`];
const PHASES = ["PLAN", "CODE"];
const SHAS = ["abcdef1", "abcdef1234", "ABCDEF1234567890abcdef1234567890abcdef12", "abcdef2", "0123456789"];
const TEXTS = [
  "Login times out",
  "login-timeout: naïve Café",
  "LOGIN",
  "Größe über ﬁle ①",
  "日本語 テスト",
  "𝐀bc 🚀 go",
  "İstanbul ΣΑΣ",
  "snake_case value42",
  "e\u0301te\u0301",
  `${"w".repeat(80)}a`,
  "",
];
const WORDS = [
  "log",
  "login",
  "out",
  "naive",
  "cafe",
  "grosse",
  "große",
  "fi",
  "1",
  "日本",
  "abc",
  "istanbul",
  "σας",
  "case",
  "value42",
  "42",
  "ete",
  "w".repeat(70),
  `${"w".repeat(80)}b`,
  "plan",
  "proj",
  "dev",
  "agent",
  "main",
  "zzz",
];
const EPOCH_MS = Date.UTC(2026, 0, 30);
const HOUR_MS = 3_600_000;

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const times = fc
  .integer({ min: 0, max: 96 })
  .map((hours) => new Date(EPOCH_MS + hours * HOUR_MS).toISOString());

export const drafts: fc.Arbitrary<EventDraft> = fc.record({
  type: fc.constantFrom(...TYPES),
  issue: optional(fc.constantFrom(...ISSUES)),
  timestamp: times,
  session: fc.constantFrom("s1", "s2", "s3"),
  correlation: optional(fc.constantFrom("r1", "r2")),
  causation: optional(fc.constantFrom("c1", "c2")),
  actor: fc.constantFrom(...NAMES),
  phase: optional(fc.constantFrom(...PHASES)),
  branch: optional(fc.constantFrom("main", "feature/x")),
  gitSha: optional(fc.constantFrom(...SHAS)),
  metadata: fc.record(
    {
      agent_name: fc.oneof(fc.constantFrom(...NAMES), fc.constant(7)),
      commit_sha: fc.constantFrom(...SHAS),
      merged_commit_sha: fc.constantFrom(...SHAS),
      note: fc.constantFrom(...TEXTS),
      deep: fc.constantFrom(...TEXTS).map((text) => [{ list: [text, 1, null, true] }]),
    },
    { requiredKeys: [] },
  ),
});

const someOf = (values: readonly string[]) =>
  fc.oneof(
    fc.constantFrom(...values),
    fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 }),
  );
const moments = fc.oneof(
  times,
  times.map((time) => time.slice(0, 10)),
  times.map((time) => new Date(time)),
);

/** Filters of a few conditions, without order and paging. */
export const filters: fc.Arbitrary<QueryFilter> = fc
  .record({
    issueKey: someOf([...ISSUES, "global", "NONE-1"]),
    eventTypes: someOf(TYPES),
    fromTimestamp: moments,
    toTimestamp: moments,
    fromRecorded: moments,
    toRecorded: moments,
    agentName: someOf(NAMES),
    phase: someOf(PHASES),
    actorId: someOf(NAMES),
    sessionId: someOf(["s1", "s2", "none"]),
    correlationId: someOf(["r1", "r2"]),
    causationId: someOf(["c1", "c2"]),
    branch: someOf(["main", "feature/x"]),
    commitSha: fc.constantFrom(...SHAS, "abcdef123456", "ABCDEF1"),
    text: fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 2 }).map((words) => words.join(" ")),
  })
  .chain((all) =>
    fc
      .subarray(Object.keys(all), { maxLength: 3 })
      .map((keys): QueryFilter =>
        Object.fromEntries(Object.entries(all).filter(([key]) => keys.includes(key))),
      ),
  );

let made = 0;

/** The event as an engine takes it, without the checks that a codec makes. */
export function prepare(draft: EventDraft): PreparedEvent {
  made += 1;
  const fields = { metadata: draft.metadata ?? {}, git_sha: draft.gitSha, branch: draft.branch };
  return {
    event_id: `00000000-0000-4000-8000-${String(made).padStart(12, "0")}`,
    event_type: draft.type ?? "AgentSpawned",
    event_version: "1.0.0",
    timestamp: draft.timestamp,
    stream: draft.issue ?? "global",
    issue_key: draft.issue,
    session_id: draft.session,
    default_session_id: "default",
    correlation_id: draft.correlation,
    phase: draft.phase,
    idempotency_key: undefined,
    given: 0,
    actor_json: `,${JSON.stringify({ causation_id: draft.causation, actor: { type: "agent", id: draft.actor ?? "dev" } }).slice(1, -1)}`,
    body_json: `,${JSON.stringify(fields).slice(1, -1)}`,
    effect: undefined,
  };
}

export async function appendAll(log: EventLog, events: readonly EventDraft[]): Promise<void> {
  if (events.length === 0) return;
  await log.append({ events: events.map(prepare), expectedSequence: "any", onDuplicate: "conflict" });
}

export function decode(bytes: Uint8Array): StoredEvent {
  const event: StoredEvent = JSON.parse(Buffer.from(bytes).toString());
  return event;
}

export function sourceOf(log: EventLogReader, index?: QuerySource["index"]): QuerySource {
  return { log, index, decode };
}

/** Every event of the log, in order of position. */
export async function allEvents(log: EventLogReader): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const lines of log.readAll()) events.push(...lines.map(({ bytes }) => decode(bytes)));
  return events;
}

/** What a filter means: every event is looked at. Positions in the filter's order. */
export async function naivePositions(log: EventLogReader, filter: QueryFilter): Promise<number[]> {
  const compiled = parseFilter(filter);
  const positions = (await allEvents(log))
    .filter((event) => matches(compiled, event))
    .map(({ position }) => position);
  return (filter.order === "desc" ? positions.toReversed() : positions).slice(0, filter.limit);
}
