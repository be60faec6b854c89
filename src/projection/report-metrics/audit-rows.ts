import type { IntervalStatus } from "../metrics/intervals.ts";
import type { Tone } from "../event-summary.ts";

/** Where an event stands. */
export interface EventPlace {
  readonly stream: string;
  readonly sequence: number;
  readonly event_id: string;
}

/** What all that lasts has in common. Times are ISO; a start is null where only the end is on record. */
export interface LastingRow {
  readonly stream: string;
  readonly correlation_id: string | null;
  readonly status: IntervalStatus;
  readonly started_at: string | null;
  /** The end, or until when it is known to have lasted. */
  readonly ended_at: string;
  readonly wall_seconds: number;
  /** Without the pauses of the run. */
  readonly active_seconds: number;
}

/** One orchestration. */
export interface RunRow extends LastingRow {
  /** Counted from 1 in its stream, in the order in which runs began. */
  readonly number: number;
  readonly summary: string | null;
  /** Why it failed. */
  readonly reason: string | null;
  /** Paused at the moment that the report is about. */
  readonly paused: boolean;
}

/** One visit to a phase. */
export interface VisitRow extends LastingRow {
  readonly phase: string;
  /** Counted from 1 in its run. */
  readonly visit: number;
  readonly reason: string | null;
}

/** One run of an agent. */
export interface AgentRunRow extends LastingRow {
  readonly agent_name: string;
  readonly model: string | null;
  readonly task: string | null;
  readonly reason: string | null;
}

/** A test run or a quality check. */
export interface CheckRow extends LastingRow {
  readonly kind: "test" | "check";
  readonly name: string;
  readonly outcome: string;
  readonly tone: Tone;
}

export interface GapRow extends LastingRow {
  readonly gap_id: string;
  readonly gap_type: string | null;
  readonly severity: string | null;
  readonly description: string | null;
  readonly blocking: boolean | null;
  /** What came first; null while neither has come. */
  readonly end: "resolved" | "escalated" | null;
  readonly escalated_at: string | null;
  readonly resolved_at: string | null;
}

export interface PullRequestRow {
  readonly stream: string;
  readonly repo: string | null;
  readonly number: number;
  readonly title: string | null;
  readonly url: string | null;
  readonly status: "open" | "merged" | "closed";
  readonly created_at: string | null;
  readonly ended_at: string | null;
  /** From opening to merging or closing; null where one of them is not on record. */
  readonly open_seconds: number | null;
  /** From the first commit on its branch to merging; without one, from the start of the run. */
  readonly lead_seconds: number | null;
  readonly lead_from: "commit" | "run" | null;
}

export interface CommitRow extends EventPlace {
  readonly sha: string;
  readonly message: string;
  readonly repo: string | null;
  readonly branch: string | null;
  readonly author: string;
  readonly at: string;
  readonly files_changed: number | null;
  readonly insertions: number | null;
  readonly deletions: number | null;
  readonly url: string | null;
}

export interface DocumentRow extends EventPlace {
  readonly at: string;
  readonly title: string;
  readonly path: string;
  readonly url: string | null;
}

/** An event that says that something went wrong, and what caused it as far as it says. */
export interface TroubleRow extends EventPlace {
  readonly at: string;
  readonly event_type: string;
  readonly text: string;
  readonly causation_id: string | null;
}

/** An event that was declared void: it is in the record, and in none of the figures. */
export interface VoidedRow {
  readonly voided_event_id: string;
  readonly why: string | null;
  readonly at: string;
  readonly by: string;
}
