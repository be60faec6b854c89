import { createCodec } from "../event/codec.ts";
import type { Actor, EventInput, JsonObject } from "../event/envelope.ts";
import type { PreparedEvent } from "../event/prepared.ts";
import { SeededRandom } from "./seeded-random.ts";

/** Fields to set in a sample; `undefined` leaves a field out. */
export type SampleOverrides = { readonly [K in keyof EventInput]?: EventInput[K] | undefined };

/** Session of samples that neither name one nor belong to an open run. */
export const SAMPLE_SESSION = "sample-session";
/** Samples fall into this many streams, `SAMPLE-1` and up, unless overridden. */
export const SAMPLE_STREAMS = 7;

const SAMPLE_EPOCH_MS = Date.UTC(2026, 0, 1);

const ACTORS: readonly [Actor, ...Actor[]] = [
  { type: "user", id: "ada@example.com" },
  { type: "agent", id: "code-writer", model: "claude-opus-5" },
  { type: "system", id: "eso-capture" },
];

const TEXTS: readonly [string, ...string[]] = [
  "plain",
  "Größe „quer“ naïve",
  'says "no", C:\\temp, a\ttab and\nlines',
  "日本語とעברית",
  "🚀 👩‍👩‍👧 \u2028\u2029 \u0001 \u007f",
  "</script><!-- & -->",
];

const codec = await createCodec({ defaultSessionId: SAMPLE_SESSION });

/**
 * A valid event, the same for the same seed: own `event_id`, one of a few types and streams, metadata with
 * awkward texts and numbers, now and then the optional fields. It neither opens nor ends a run.
 *
 * @example
 * ```ts
 * sampleEvent(7, { issue_key: "PROJ-1", idempotency_key: "commit:abc", session_id: undefined });
 * ```
 */
export function sampleEvent(seed: number, overrides: SampleOverrides = {}): EventInput {
  const random = new SeededRandom(seed);
  const kind = random.pick(KINDS)(random);
  const sample: SampleOverrides = {
    event_id: sampleId(random),
    event_type: kind.event_type,
    timestamp: new Date(SAMPLE_EPOCH_MS + seed * 1_000 + random.below(1_000)).toISOString(),
    issue_key: `SAMPLE-${1 + (seed % SAMPLE_STREAMS)}`,
    actor: random.pick(ACTORS),
    metadata: { ...kind.metadata, note: random.pick(TEXTS), sample: nested(random, 3) },
    ...someOptionalFields(random),
    ...overrides,
  };
  const withoutUndefined: EventInput = JSON.parse(JSON.stringify(sample));
  return withoutUndefined;
}

/** An event in the form that `EventLog.append` takes. */
export function prepareSample(event: EventInput): PreparedEvent {
  return codec.prepare(event);
}

/** A sample in the form that `EventLog.append` takes. */
export function samplePrepared(seed: number, overrides: SampleOverrides = {}): PreparedEvent {
  return prepareSample(sampleEvent(seed, overrides));
}

/** The first `count` samples from `seed` on, each prepared with the same overrides. */
export function samplesPrepared(
  seed: number,
  count: number,
  overrides: SampleOverrides = {},
): PreparedEvent[] {
  return Array.from({ length: count }, (_, index) => samplePrepared(seed + index, overrides));
}

interface SampleKind {
  readonly event_type: string;
  readonly metadata: JsonObject;
}

const KINDS: readonly [(random: SeededRandom) => SampleKind, ...((random: SeededRandom) => SampleKind)[]] = [
  (random) => ({ event_type: "AgentSpawned", metadata: { agent_name: `agent-${random.below(9)}` } }),
  (random) => ({
    event_type: "CommitCreated",
    metadata: {
      commit_sha: random.hex(40),
      commit_message: random.pick(TEXTS),
      insertions: random.below(500),
    },
  }),
  (random) => ({
    event_type: "GapIdentified",
    metadata: {
      gap_id: `gap-${random.below(99)}`,
      gap_type: "test",
      severity: "high",
      blocking: random.chance(0.5),
    },
  }),
  (random) => ({
    event_type: "TestRunCompleted",
    metadata: {
      test_suite: "unit",
      total_tests: random.below(1_000),
      duration_seconds: random.below(900) / 8,
    },
  }),
  (random) => ({
    event_type: "CommentPosted",
    metadata: { comment_id: random.hex(8), comment_body: random.pick(TEXTS) },
  }),
];

function sampleId(random: SeededRandom): string {
  const hex = random.hex(30);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12, 15)}-a${hex.slice(15, 18)}-${hex.slice(18)}`;
}

function nested(random: SeededRandom, depth: number): JsonObject {
  return {
    count: random.below(2 ** 31) - 2 ** 30,
    ratio: random.next(),
    empty: [null, "", {}, []],
    flag: random.chance(0.5),
    ...(depth > 0 && random.chance(0.5) ? { deeper: [nested(random, depth - 1)] } : {}),
  };
}

function someOptionalFields(random: SeededRandom): SampleOverrides {
  return {
    session_id: random.chance(0.3) ? `session-${random.below(5)}` : undefined,
    correlation_id: random.chance(0.2) ? `run-${random.below(5)}` : undefined,
    causation_id: random.chance(0.3) ? sampleId(random) : undefined,
    git_sha: random.chance(0.3) ? random.hex(40) : undefined,
    branch: random.chance(0.3) ? "feature/größe" : undefined,
    codebase_state: random.chance(0.2) ? { dirty: random.chance(0.5), files: random.below(9) } : undefined,
    traceparent: random.chance(0.2) ? `00-${random.hex(31)}1-${random.hex(15)}1-01` : undefined,
    source: random.chance(0.2) ? { provider: "github", delivery_id: random.hex(12) } : undefined,
  };
}
