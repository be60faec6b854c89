import type { StoredEvent } from "../../event/envelope.ts";
import { isEventOf } from "../../event/registry.ts";
import { summarise } from "../event-summary.ts";
import type { OrchestrationState, OrchestrationStatus } from "../state/orchestration-state.ts";

/** What a brief is made from. */
export interface BriefSources {
  readonly state: OrchestrationState;
  /** What the issue is about. */
  readonly title: string | undefined;
  /** Newest first. */
  readonly summaries: readonly StoredEvent[];
  /** The newest events, newest first. */
  readonly latest: readonly StoredEvent[];
  readonly failure: StoredEvent | undefined;
}

/** Something that happened, and where in the stream it stands. */
export interface BriefPoint {
  readonly sequence: number;
  readonly at: string;
  readonly text: string;
}

/** A stretch of work in short. */
export interface BriefStretch {
  /** Null for the whole run. */
  readonly phase: string | null;
  readonly from_sequence: number;
  readonly to_sequence: number;
  readonly text: string;
}

/** What somebody who takes over an issue needs to know, most important first in every list. */
export interface IssueBrief {
  readonly issue_key: string | null;
  readonly title: string | null;
  readonly status: OrchestrationStatus;
  readonly phase: string | null;
  /** Events of the present run, and when the last of them happened. */
  readonly events: number;
  readonly last_timestamp: string | null;
  /** Blocked agents, open gaps, tasks, pull requests. */
  readonly open: readonly string[];
  readonly last_failure: BriefPoint | null;
  /** The newest events, newest first; the last failure is not told again. */
  readonly latest: readonly BriefPoint[];
  /** The newest summaries, newest first. */
  readonly summaries: readonly BriefStretch[];
  /** The newest commits, newest first. */
  readonly commits: readonly { readonly sha: string; readonly message: string }[];
}

const STRETCHES_MAX = 4;
const LATEST_MAX = 5;
const COMMITS_MAX = 5;

/** Puts together what is to be known of an issue. */
export function issueBrief(sources: BriefSources): IssueBrief {
  const { state, failure } = sources;
  return {
    issue_key: state.issue_key,
    title: sources.title ?? null,
    status: state.status,
    phase: state.current_phase,
    events: state.events,
    last_timestamp: state.last_timestamp,
    open: openItems(state),
    last_failure: failure === undefined ? null : pointOf(failure),
    latest: sources.latest
      .filter((event) => event.event_id !== failure?.event_id)
      .slice(0, LATEST_MAX)
      .map(pointOf),
    summaries: stretchesOf(sources.summaries),
    commits: state.commits
      .slice(-COMMITS_MAX)
      .reverse()
      .map(({ sha, message }) => ({ sha, message: message.split("\n", 1)[0] ?? "" })),
  };
}

function pointOf(event: StoredEvent): BriefPoint {
  return { sequence: event.event_sequence, at: event.timestamp, text: summarise(event).text };
}

/** The newest summaries; those of phases that one of the run covers would say it again. */
function stretchesOf(summaries: readonly StoredEvent[]): BriefStretch[] {
  const stretches = summaries.flatMap(stretchOf);
  const covered = stretches.find(({ phase }) => phase === null)?.to_sequence ?? 0;
  return stretches
    .filter(({ phase, to_sequence }) => phase === null || to_sequence > covered)
    .slice(0, STRETCHES_MAX);
}

function stretchOf(event: StoredEvent): BriefStretch[] {
  if (!isEventOf(event, "PhaseSummaryCreated") && !isEventOf(event, "OrchestrationSummaryCreated")) return [];
  const { from_sequence, to_sequence, text, highlights = [] } = event.metadata;
  const phase = isEventOf(event, "PhaseSummaryCreated") ? event.metadata.phase : null;
  const words = [typeof text === "string" ? text : "", ...highlights].filter((one) => one !== "");
  return [{ phase, from_sequence, to_sequence, text: words.join("; ") }];
}

const SEVERITIES = ["critical", "high", "medium", "low"];

/** Everything that waits for somebody. */
function openItems(state: OrchestrationState): string[] {
  const gaps = state.identified_gaps
    .toSorted((a, b) => Number(b.blocking === true) - Number(a.blocking === true) || rank(a) - rank(b))
    .map((gap) => {
      const facts = [gap.severity, gap.blocking === true ? "blocking" : undefined].filter(
        (fact) => fact !== undefined,
      );
      const about = gap.description ?? gap.gap_type;
      const escalated = gap.escalated_at === undefined ? "" : ", escalated";
      return `gap ${gap.gap_id} (${facts.join(", ")}${escalated})${about === undefined ? "" : `: ${about}`}`;
    });
  const blocked = state.blocked_agents.map(
    ({ agent_name, blocked_by, task }) =>
      `agent ${agent_name} is blocked by ${blocked_by}${task === undefined ? "" : `: ${task}`}`,
  );
  const active = state.active_agents.map(
    ({ agent_name, task }) => `agent ${agent_name} is at work${task === undefined ? "" : `: ${task}`}`,
  );
  // Gaps and agents at work stand above already.
  const tasks = state.pending_tasks
    .filter(({ kind }) => kind === "next_agent" || kind === "next_action")
    .map(({ kind, ref, task }) => (kind === "next_agent" ? `next agent: ${ref}` : `to do: ${task}`));
  const requests = state.prs
    .filter(({ status }) => status === "open")
    .map(
      ({ repo, number, title }) => `pull request ${repo ?? ""}#${number} open: ${title ?? "without a title"}`,
    );
  return [...blocked, ...gaps, ...tasks, ...active, ...requests];
}

function rank({ severity }: OrchestrationState["identified_gaps"][number]): number {
  const place = SEVERITIES.indexOf(severity ?? "");
  return place < 0 ? SEVERITIES.length : place;
}
