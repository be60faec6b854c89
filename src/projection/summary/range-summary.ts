import type { StoredEvent } from "../../event/envelope.ts";
import { isStoreEventType } from "../../event/registry.ts";
import { summarise, type Tone } from "../event-summary.ts";
import { countInWords } from "./counted-words.ts";
import { oneLine } from "./one-line.ts";

/** A line of a range: its type is known, the event is read when it is asked for. */
export interface SummaryLine {
  readonly sequence: number;
  readonly event_type: string;
  read(): StoredEvent;
}

/** What a range of events comes to. */
export interface RangeSummary {
  readonly text: string;
  /** Events by type, most frequent first; summaries and the store's own events do not count. */
  readonly counts: Readonly<Record<string, number>>;
  /** What mattered most, in order of sequence. */
  readonly highlights: readonly string[];
}

const HIGHLIGHTS_MAX = 5;
const HIGHLIGHT_CHARACTERS_MAX = 160;
/** Reading events is what a summary costs, so no more than these are looked at for highlights. */
const CANDIDATES_MAX = 8;
const KINDS_IN_TEXT_MAX = 6;
/** A range may hold many types of the users' own; the rest of them is counted as one. */
const TYPES_MAX = 60;
const OTHER_TYPES = "other";

/** What deserves to be remembered, by weight: what failed, what needs attention, what was made. */
const WEIGHTS: Readonly<Record<string, number>> = {
  OrchestrationFailed: 3,
  PhaseFailed: 3,
  AgentFailed: 3,
  QualityCheckFailed: 3,
  TestRunFailed: 3,
  ErrorOccurred: 3,
  RecoveryFailed: 3,
  TestRunCompleted: 2,
  QualityCheckCompleted: 2,
  GapIdentified: 2,
  GapEscalated: 2,
  AgentBlocked: 2,
  OrchestrationPaused: 2,
  CheckpointRestored: 2,
  CommitCreated: 1,
  PRCreated: 1,
  PRMerged: 1,
  PRClosed: 1,
  GapResolved: 1,
};

/**
 * Sums up a range of a stream in plain words: how many events of each kind, and the few that matter most. The
 * same lines always give the same summary.
 *
 * @example
 * ```ts
 * rangeSummary(lines).text; // "1 agent failed, 12 agents finished, 9 commits and 3 more"
 * ```
 */
export function rangeSummary(lines: readonly SummaryLine[]): RangeSummary {
  const counting = lines.filter(({ event_type }) => counts(event_type));
  const byType = countsOf(counting);
  return { text: textOf(byType), counts: byType, highlights: highlightsOf(counting) };
}

/** Whether events of this type are part of the work; summaries and the store's own words are about it. */
function counts(type: string): boolean {
  return type !== "PhaseSummaryCreated" && type !== "OrchestrationSummaryCreated" && !isStoreEventType(type);
}

function countsOf(lines: readonly SummaryLine[]): Record<string, number> {
  const found = new Map<string, number>();
  for (const { event_type } of lines) found.set(event_type, (found.get(event_type) ?? 0) + 1);
  const entries = [...found].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const rest = entries.slice(TYPES_MAX).reduce((sum, [, count]) => sum + count, 0);
  const kept = entries.slice(0, TYPES_MAX);
  return Object.fromEntries(rest === 0 ? kept : [...kept, [OTHER_TYPES, rest]]);
}

function textOf(byType: Readonly<Record<string, number>>): string {
  const entries = Object.entries(byType).sort(([a], [b]) => Number(hasFailed(b)) - Number(hasFailed(a)));
  if (entries.length === 0) return "nothing but the store's own notes";
  const shown = entries.slice(0, KINDS_IN_TEXT_MAX);
  const rest = entries.slice(KINDS_IN_TEXT_MAX).reduce((sum, [, count]) => sum + count, 0);
  const words = shown.map(([type, count]) => oneLine(countInWords(type, count), HIGHLIGHT_CHARACTERS_MAX));
  return words.join(", ") + (rest === 0 ? "" : ` and ${rest} more`);
}

function hasFailed(type: string): boolean {
  return weightOf(type) === 3;
}

function weightOf(type: string): number {
  return Object.hasOwn(WEIGHTS, type) ? (WEIGHTS[type] ?? 0) : 0;
}

interface Candidate {
  readonly sequence: number;
  readonly weight: number;
  readonly text: string;
}

/** The weightiest, of equals the newest; then in the order in which they happened. */
function highlightsOf(lines: readonly SummaryLine[]): string[] {
  const weighty = lines
    .map((line) => ({ line, weight: weightOf(line.event_type) }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight || b.line.sequence - a.line.sequence)
    .slice(0, CANDIDATES_MAX);
  return weighty
    .map(({ line, weight }) => candidateOf(line, weight))
    .sort((a, b) => b.weight - a.weight || b.sequence - a.sequence)
    .slice(0, HIGHLIGHTS_MAX)
    .sort((a, b) => a.sequence - b.sequence)
    .map(({ text }) => text);
}

/** A test run or check that ended badly weighs as much as a failure; one that ended well no more than a commit. */
const TONE_WEIGHTS: Readonly<Partial<Record<Tone, number>>> = { failure: 3, success: 1 };

function candidateOf(line: SummaryLine, weight: number): Candidate {
  const { text, tone } = summarise(line.read());
  return {
    sequence: line.sequence,
    weight: TONE_WEIGHTS[tone] ?? weight,
    text: oneLine(text, HIGHLIGHT_CHARACTERS_MAX),
  };
}
