import type { Actor, EventInput, JsonObject } from "../event/envelope.ts";
import type { SeededRandom } from "../testing/seeded-random.ts";
import { type SimulatedAgent, type SimulatedError, TRUTH } from "./truth.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const LEADS = ["ada", "grace", "linus", "margaret"] as const;
const AREAS = ["checkout", "search", "invoices", "login", "catalogue", "shipping"] as const;
const CHANGES = ["Retry", "Speed up", "Simplify", "Secure", "Translate", "Repair"] as const;
const REPO = "shop/store";

/** An event, and when it was recorded. */
export interface SimulatedEvent {
  readonly input: EventInput;
  readonly recorded_ms: number;
}

/** Why something happened, and when if not now. */
interface Circumstances {
  readonly cause?: string;
  readonly at?: number;
}

/** One piece of work from its start to its end, or to where it was left lying. */
export class SimulatedWork {
  readonly events: SimulatedEvent[] = [];
  readonly #random: SeededRandom;
  readonly #issue: string;
  readonly #number: number;
  readonly #lead: Actor;
  #now: number;
  #phase = "EXPLORE";
  #runs = 0;

  constructor(
    random: SeededRandom,
    at: { readonly issue: string; readonly number: number; readonly start: number },
  ) {
    this.#random = random;
    this.#issue = at.issue;
    this.#number = at.number;
    this.#now = at.start;
    this.#lead = { type: "user", id: random.pick(LEADS) };
  }

  /** Plays it through. */
  run(): readonly SimulatedEvent[] {
    const summary = `${this.#random.pick(CHANGES)} ${this.#random.pick(AREAS)}`;
    this.#say(this.#lead, "OrchestrationStarted", { issue_summary: summary, initial_phase: "EXPLORE" });
    const ends = this.#random.next();
    const stopsIn = ends < TRUTH.fails + TRUTH.abandoned ? this.#random.pick(TRUTH.phases) : undefined;
    for (const phase of TRUTH.phases) {
      if (phase === stopsIn) {
        this.#startPhase(phase);
        if (ends < TRUTH.fails) this.#fail();
        return this.events;
      }
      if (phase === "TEST") this.#testUntilGreen();
      else this.#visit(phase);
    }
    this.#pullRequest(summary);
    this.#say(this.#lead, "OrchestrationCompleted", {
      final_state: "done",
      total_agents_spawned: this.#runs,
    });
    return this.events;
  }

  #startPhase(phase: string): void {
    this.#phase = phase;
    this.#wait(1, 0.5);
    this.#say(this.#lead, "PhaseStarted", { phase });
  }

  #visit(phase: string, within?: () => void): void {
    this.#startPhase(phase);
    if (this.#random.chance(TRUTH.paused / TRUTH.phases.length)) this.#pause();
    for (const error of TRUTH.errors)
      if (error.phase === phase && this.#random.chance(error.rate)) this.#meet(error);
    for (const agent of TRUTH.agents) if (agent.phase === phase) this.#agent(agent);
    within?.();
    if (this.#random.chance(TRUTH.gaps / TRUTH.phases.length)) this.#gap();
    this.#say(this.#lead, "PhaseCompleted", { phase });
  }

  /** Tests, and as long as they find something, a fix and tests again. */
  #testUntilGreen(): void {
    for (let passes: number = TRUTH.first_pass; !this.#testVisit(passes); passes = TRUTH.fix_works)
      this.#visit("FIX");
  }

  #testVisit(passes: number): boolean {
    let green = false;
    this.#visit("TEST", () => (green = this.#tests(passes)));
    return green;
  }

  #tests(passes: number): boolean {
    const test_run_id = `${this.#issue}-t${this.#random.hex(6)}`;
    const tester: Actor = { type: "agent", id: "test-engineer", model: "claude-sonnet-5" };
    const total = 80 + this.#random.below(60);
    this.#say(tester, "TestRunStarted", { test_suite: "all", test_run_id, test_count: total });
    const took = this.#wait(4, 0.3);
    const green = this.#random.chance(passes);
    const failed = green ? 0 : 1 + this.#random.below(5);
    const figures = {
      total_tests: total,
      passed: total - failed,
      failed,
      duration_seconds: Math.round(took / 1000),
    };
    this.#say(tester, "TestRunCompleted", { test_suite: "all", test_run_id, ...figures });
    return green;
  }

  #agent(agent: SimulatedAgent): void {
    const { name: agent_name, model } = agent;
    const agent_run_id = `${this.#issue}-${++this.#runs}`;
    const actor: Actor = { type: "agent", id: agent_name, model };
    const assigned_task = this.#random.pick(agent.tasks);
    this.#say(this.#lead, "AgentSpawned", { agent_name, agent_run_id, agent_model: model, assigned_task });
    const took = this.#wait(agent.median_minutes, agent.spread);
    if (!this.#random.chance(agent.success)) {
      this.#say(actor, "AgentFailed", {
        agent_name,
        agent_run_id,
        failure_reason: "it could not finish its task",
      });
      return;
    }
    if (agent.phase === "CODE" || agent.phase === "FIX") this.#commit(actor);
    const spent = (took / MINUTE_MS) * agent.usd_per_minute;
    const cost_usd = Math.round(spent * 10_000) / 10_000;
    const tokens = { input: Math.round(spent * 90_000), output: Math.round(spent * 9_000) };
    this.#say(actor, "AgentCompleted", {
      agent_name,
      agent_run_id,
      task_status: "success",
      cost_usd,
      tokens,
    });
  }

  #commit(actor: Actor): void {
    const commit_message = `${this.#issue}: ${this.#random.pick(CHANGES).toLowerCase()} ${this.#random.pick(AREAS)}`;
    const [files_changed, insertions, deletions] = [
      1 + this.#random.below(9),
      this.#random.below(240),
      this.#random.below(90),
    ];
    const metadata = {
      commit_sha: this.#random.hex(40),
      commit_message,
      repo: REPO,
      files_changed,
      insertions,
      deletions,
    };
    this.#say(actor, "CommitCreated", metadata);
  }

  #meet({ error_type, error_fingerprint, message, recovery }: SimulatedError): void {
    const by: Actor = { type: "system", id: "ci" };
    const cause = this.#say(by, "ErrorOccurred", {
      error_type,
      error_fingerprint,
      error_message: message,
      recoverable: true,
    });
    this.#wait(2, 0.5);
    this.#say(by, "RecoveryAttempted", { recovery_from: error_fingerprint, attempt_number: 1 }, { cause });
    this.#wait(3, 0.5);
    const recovered = this.#random.chance(recovery);
    this.#say(
      by,
      recovered ? "RecoverySucceeded" : "RecoveryFailed",
      { recovery_from: error_fingerprint },
      { cause },
    );
  }

  #gap(): void {
    const gap_id = `${this.#issue}-g${this.#random.hex(4)}`;
    const reviewer: Actor = { type: "agent", id: "reviewer", model: "claude-opus-5" };
    const severity = this.#random.pick(["low", "medium", "medium", "high"]);
    const blocking = severity === "high";
    const about = {
      gap_type: "missing_test",
      severity,
      blocking,
      description: `no test covers ${this.#random.pick(AREAS)}`,
    };
    const cause = this.#say(reviewer, "GapIdentified", { gap_id, ...about });
    const fate = this.#random.next();
    const later = this.#now + this.#minutes(90, 0.9);
    if (fate < TRUTH.gap_resolved)
      this.#say(reviewer, "GapResolved", { gap_id, resolved_by: "fixer" }, { cause, at: later });
    else if (fate < TRUTH.gap_resolved + TRUTH.gap_escalated)
      this.#say(
        this.#lead,
        "GapEscalated",
        { gap_id, escalation_reason: "needs a decision" },
        { cause, at: later },
      );
  }

  #pause(): void {
    this.#say(this.#lead, "OrchestrationPaused", { pause_reason: "waits for a review" });
    this.#wait(180, 0.8);
    this.#say(this.#lead, "OrchestrationResumed", {});
  }

  #pullRequest(title: string): void {
    const pr = { pr_number: 100 + this.#number, repo: REPO };
    this.#say(this.#lead, "PRCreated", {
      ...pr,
      pr_title: title,
      pr_url: `https://git.example.com/${REPO}/pull/${pr.pr_number}`,
    });
    const fate = this.#random.next();
    const later = this.#now + this.#minutes(240, 1);
    if (fate < TRUTH.pr_merged)
      this.#say(this.#lead, "PRMerged", { ...pr, merged_by: this.#lead.id }, { at: later });
    else if (fate < TRUTH.pr_merged + TRUTH.pr_closed)
      this.#say(this.#lead, "PRClosed", { ...pr, close_reason: "not needed any more" }, { at: later });
  }

  #fail(): void {
    this.#wait(20, 0.5);
    const failure_reason = "the change is not possible as asked for";
    this.#say(this.#lead, "PhaseFailed", { phase: this.#phase, failure_reason });
    this.#say(this.#lead, "OrchestrationFailed", { failure_reason, next_actions: ["ask the product owner"] });
  }

  /** Lets time pass, and says how much. */
  #wait(median: number, spread: number): number {
    const ms = this.#minutes(median, spread);
    this.#now += ms;
    return ms;
  }

  /** A log-normal duration, in ms. */
  #minutes(median: number, spread: number): number {
    const normal =
      Math.sqrt(-2 * Math.log(1 - this.#random.next())) * Math.cos(2 * Math.PI * this.#random.next());
    return Math.round(median * Math.exp(spread * normal) * MINUTE_MS);
  }

  // oxlint-disable-next-line max-params -- a sentence of the story: who, what, about what, and why or when
  #say(actor: Actor, event_type: string, metadata: JsonObject, more: Circumstances = {}): string {
    const { cause: causation_id, at = this.#now } = more;
    const event_id = this.#uuid();
    const late = this.#random.chance(TRUTH.late) ? this.#random.below(6) * HOUR_MS : 0;
    const input: EventInput = {
      event_id,
      event_type,
      timestamp: new Date(at).toISOString(),
      issue_key: this.#issue,
      session_id: `demo-${this.#issue}`,
      ...(causation_id === undefined ? {} : { causation_id }),
      actor,
      metadata,
    };
    this.events.push({ input, recorded_ms: at + late });
    return event_id;
  }

  #uuid(): string {
    const hex = this.#random.hex(32);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
  }
}
