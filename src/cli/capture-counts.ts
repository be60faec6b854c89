import type { EventInput } from "../event/envelope.ts";

/** What sessions told, fact by fact. */
export interface CaptureFigures {
  readonly issues: number;
  readonly agents: number;
  readonly commits: number;
  readonly pull_requests: number;
  readonly test_runs: number;
  readonly errors: number;
  readonly recoveries: number;
  readonly tokens: Readonly<Record<string, number>>;
  /** Of answers whose price is known. */
  readonly cost_usd: number;
  /** Events of no issue. */
  readonly without_issue: number;
  readonly events: number;
}

/** Counts facts; one that is told of twice counts once. */
export class CaptureCounts {
  readonly #seen = new Set<string>();
  readonly #issues = new Set<string>();
  readonly #types = new Map<string, number>();
  readonly #tokens: Record<string, number> = {};
  #agents = 0;
  #cost = 0;
  #withoutIssue = 0;

  add(events: readonly EventInput[]): void {
    for (const event of events) {
      const key = event.idempotency_key ?? "";
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      this.#count(event);
    }
  }

  #count({ event_type, issue_key, metadata }: EventInput): void {
    if (issue_key === undefined) this.#withoutIssue += 1;
    else this.#issues.add(issue_key);
    this.#types.set(event_type, (this.#types.get(event_type) ?? 0) + 1);
    const { agent_type, tokens, cost_usd } = metadata as Readonly<Record<string, unknown>>;
    if (event_type === "AgentSpawned" && agent_type === "subagent") this.#agents += 1;
    if (typeof cost_usd === "number") this.#cost += cost_usd;
    for (const [kind, count] of Object.entries((tokens ?? {}) as Record<string, number>))
      this.#tokens[kind] = (this.#tokens[kind] ?? 0) + count;
  }

  get figures(): CaptureFigures {
    const of = (type: string): number => this.#types.get(type) ?? 0;
    return {
      issues: this.#issues.size,
      agents: this.#agents,
      commits: of("CommitCreated"),
      pull_requests: of("PRCreated"),
      test_runs: of("TestRunStarted"),
      errors: of("ErrorOccurred"),
      recoveries: of("RecoverySucceeded"),
      tokens: this.#tokens,
      cost_usd: Math.round(this.#cost * 100) / 100,
      without_issue: this.#withoutIssue,
      events: this.#seen.size,
    };
  }
}
