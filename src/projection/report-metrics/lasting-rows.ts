import { seconds } from "../metrics/durations.ts";
import type { Interval } from "../metrics/intervals.ts";
import { type AuditFold, gapKey, type Note, tableText } from "./audit-fold.ts";
import type { AgentRunRow, CheckRow, GapRow, LastingRow, RunRow, VisitRow } from "./audit-rows.ts";

type Notes = Pick<AuditFold, "notes">;

function note({ notes }: Notes, number: number | undefined): Note | undefined {
  return number === undefined ? undefined : notes[number - 1];
}

function lasting(interval: Interval): LastingRow {
  const { stream, correlation_id, status, started_ms, ended_ms, wall_ms, active_ms } = interval;
  return {
    stream,
    correlation_id,
    status,
    started_at: started_ms === null ? null : iso(started_ms),
    ended_at: iso(ended_ms),
    wall_seconds: seconds(wall_ms),
    active_seconds: seconds(active_ms),
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** By when they began, whatever the order of record. */
function inOrder(intervals: readonly Interval[]): readonly Interval[] {
  return intervals.toSorted(
    (a, b) =>
      start(a) - start(b) ||
      a.ended_ms - b.ended_ms ||
      (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : a.name < b.name ? -1 : 1),
  );
}

export function runRows(notes: Notes, intervals: readonly Interval[]): RunRow[] {
  const numbers = new Map<string, number>();
  const paused = new Set(
    intervals.filter(({ kind, status }) => kind === "pause" && status === "open").map(runKey),
  );
  return inOrder(intervals.filter(({ kind }) => kind === "run")).map((run) => {
    const number = (numbers.get(run.stream) ?? 0) + 1;
    numbers.set(run.stream, number);
    return {
      ...lasting(run),
      number,
      summary: note(notes, run.start)?.text ?? null,
      reason: run.outcome === "failed" ? (note(notes, run.end)?.text ?? null) : null,
      paused: paused.has(runKey(run)),
    };
  });
}

/** A run among those of all streams. */
function runKey({ stream, correlation_id }: Pick<Interval, "stream" | "correlation_id">): string {
  return `${stream} ${correlation_id ?? ""}`;
}

export function visitRows(notes: Notes, phases: readonly Interval[]): VisitRow[] {
  const visits = new Map<string, number>();
  return inOrder(phases).map((one) => {
    const key = `${runKey(one)} ${one.name}`;
    const visit = (visits.get(key) ?? 0) + 1;
    visits.set(key, visit);
    return { ...lasting(one), phase: one.name, visit, reason: reasonOf(notes, one) };
  });
}

function reasonOf(notes: Notes, { outcome, end }: Interval): string | null {
  return outcome === "failed" ? (note(notes, end)?.text ?? null) : null;
}

export function agentRunRows(notes: Notes, agents: readonly Interval[]): AgentRunRow[] {
  return inOrder(agents).map((one) => ({
    ...lasting(one),
    agent_name: one.name,
    model: one.tag ?? null,
    task: note(notes, one.start)?.text ?? null,
    reason: reasonOf(notes, one),
  }));
}

const UNFINISHED: Readonly<Record<string, string>> = {
  open: "not finished yet",
  abandoned: "begun again before it ended",
  truncated: "not ended when the run did",
};

export function checkRows(notes: Notes, intervals: readonly Interval[]): CheckRow[] {
  const rows: CheckRow[] = [];
  for (const one of inOrder(intervals)) {
    if (one.kind !== "test" && one.kind !== "check") continue;
    const said = note(notes, one.end);
    const outcome = said?.text ?? UNFINISHED[one.status] ?? "ended";
    rows.push({ ...lasting(one), kind: one.kind, name: one.name, outcome, tone: said?.tone ?? "neutral" });
  }
  return rows;
}

export function gapRows(fold: Pick<AuditFold, "notes" | "escalations">, gaps: readonly Interval[]): GapRow[] {
  return inOrder(gaps).map((gap) => {
    const { stream, name, started_ms, ended_ms, outcome } = gap;
    const text = note(fold, gap.start)?.gap;
    const escalated = firstWithin(fold.escalations.get(gapKey(stream, name)) ?? [], started_ms, ended_ms);
    const resolved_at = outcome === null ? null : iso(ended_ms);
    return {
      ...lasting(gap),
      gap_id: name,
      gap_type: text?.gap_type ?? null,
      severity: text?.severity ?? null,
      description: descriptionOf(text?.description),
      blocking: text?.blocking ?? null,
      end: escalated !== undefined ? "escalated" : resolved_at === null ? null : "resolved",
      escalated_at: escalated === undefined ? null : iso(escalated),
      resolved_at,
    };
  });
}

function firstWithin(moments: readonly number[], from: number | null, to: number): number | undefined {
  const within = moments.filter((at) => (from === null || at >= from) && at <= to);
  return within.length === 0 ? undefined : Math.min(...within);
}

function descriptionOf(text: string | object | undefined): string | null {
  if (text === undefined) return null;
  return typeof text === "string" ? tableText(text) : "(attached)";
}

function start({ started_ms, ended_ms }: Interval): number {
  return started_ms ?? ended_ms;
}
