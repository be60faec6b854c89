import type { Actor, EventInput, JsonObject } from "../../event/envelope.ts";
import type { SeededRandom } from "../../testing/seeded-random.ts";

export const HISTORY_ISSUE = "PROJ-123";
const EPOCH_MS = Date.UTC(2026, 0, 5, 8);

export const AGENTS = ["coder", "coder", "tester", "reviewer", "architect", "doc-writer"] as const;
export const MODELS = ["claude-opus-5", "claude-sonnet-5", "gpt-6"] as const;

/** What a caller logs, and how many records pass until it does. */
export interface Draft {
  readonly input: EventInput;
  readonly delay: number;
}

export interface AgentAtWork {
  readonly agent_name: string;
  readonly agent_run_id: string | undefined;
  readonly spawned: string;
}

/** What an event of the work may differ in from what its surroundings say. */
interface Circumstances {
  readonly event_id?: string;
  readonly causation_id?: string | undefined;
  readonly correlation_id?: string;
  readonly timestamp_ms?: number;
  readonly delay?: number;
  readonly actor?: Actor;
}

/** Agents, people and machines at work on one issue: each step does something that the work so far allows. */
export class RandomWork {
  readonly drafts: Draft[] = [];
  readonly random: SeededRandom;
  readonly agents: AgentAtWork[] = [];
  readonly openGaps: string[] = [];
  readonly closedGaps: string[] = [];
  readonly openPrs: { readonly pr_number: number; readonly repo?: string }[] = [];
  readonly running: { readonly test_suite: string; readonly test_run_id?: string }[] = [];
  readonly checking: { readonly check_type: string; readonly check_id?: string }[] = [];
  readonly checkpoints: string[] = [];
  readonly runs: string[] = [];
  /** The run that the work belongs to, where its events name it. */
  runName: string | undefined;
  running_since_ms = 0;
  open = false;
  paused = false;
  phase: string | undefined;
  now_ms = EPOCH_MS;
  #count = 0;

  constructor(random: SeededRandom) {
    this.random = random;
  }

  log(event_type: string, metadata: JsonObject, circumstances: Circumstances = {}): string {
    const { random } = this;
    if (!random.chance(0.15)) this.now_ms += random.below(90_000);
    const { event_id = this.uuid(), timestamp_ms = this.now_ms, delay = this.#delay() } = circumstances;
    const correlation_id = circumstances.correlation_id ?? this.#namedRun();
    const causation_id = circumstances.causation_id ?? this.#cause();
    const input: EventInput = {
      event_id,
      event_type,
      timestamp: new Date(timestamp_ms).toISOString(),
      issue_key: HISTORY_ISSUE,
      ...(correlation_id === undefined ? {} : { correlation_id }),
      ...(causation_id === undefined ? {} : { causation_id }),
      actor: circumstances.actor ?? this.#actor(),
      metadata,
    };
    this.drafts.push({ input, delay });
    return event_id;
  }

  /** A name that was not there before. */
  fresh(kind: string): string {
    this.#count += 1;
    return `${kind}-${this.#count}`;
  }

  uuid(): string {
    const hex = this.random.hex(30);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12, 15)}-a${hex.slice(15, 18)}-${hex.slice(18)}`;
  }

  /** Takes one out of a list, mostly the oldest. */
  some<T>(list: T[]): T | undefined {
    const index = this.random.chance(0.6) ? 0 : this.random.below(list.length);
    return list.splice(index, 1)[0];
  }

  /** Some of the optional fields. */
  maybe(fields: JsonObject): JsonObject {
    return Object.fromEntries(Object.entries(fields).filter(() => this.random.chance(0.6)));
  }

  #delay(): number {
    if (this.random.chance(0.92)) return 0;
    return 1 + this.random.below(this.random.chance(0.1) ? 60 : 8);
  }

  #namedRun(): string | undefined {
    if (this.random.chance(0.98)) return this.runName;
    return this.runs[this.random.below(this.runs.length)];
  }

  #cause(): string | undefined {
    return this.random.chance(0.15) ? this.drafts.at(-1)?.input.event_id : undefined;
  }

  #actor(): Actor {
    const { random } = this;
    if (random.chance(0.2)) return { type: "user", id: "ada@example.com" };
    if (random.chance(0.3)) return { type: "system", id: "ci" };
    return { type: "agent", id: random.pick(AGENTS), model: random.pick(MODELS) };
  }
}
