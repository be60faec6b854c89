import { agentMetrics } from "../projection/metrics/agent-metrics.ts";
import { errorMetrics } from "../projection/metrics/error-metrics.ts";
import { phaseMetrics } from "../projection/metrics/phase-metrics.ts";
import { qualityMetrics } from "../projection/metrics/quality-metrics.ts";
import { auditFigures } from "../projection/report-metrics/audit-figures.ts";
import type { TroubleRow } from "../projection/report-metrics/audit-rows.ts";
import type { AuditInput, Story } from "../report/audit-report.ts";
import { type AuditReader, type ReadOptions, selectedEvents, type Selection } from "./audit-events.ts";
import { causesOf } from "./causes.ts";

/** Failures whose causes are looked up: the gravest ones, of these the newest. */
const STORIES_MAX = 24;
const GRAVEST_FIRST = ["OrchestrationFailed", "PhaseFailed", "RecoveryFailed", "ErrorOccurred"];

type Gathered = Pick<
  AuditInput,
  "audit" | "phases" | "agents" | "quality" | "errors" | "stories" | "stories_left_out"
>;

/** Folds the events of a selection by everything that a report shows, in one reading. */
export async function gatherReport(
  reader: AuditReader,
  selection: Selection,
  options: ReadOptions,
): Promise<Gathered> {
  let audit = auditFigures.initial();
  let phases = phaseMetrics.initial();
  let agents = agentMetrics.initial();
  let quality = qualityMetrics.initial();
  let errors = errorMetrics.initial();
  for await (const { event } of selectedEvents(reader, selection, options)) {
    audit = auditFigures.apply(audit, event);
    phases = phaseMetrics.apply(phases, event);
    agents = agentMetrics.apply(agents, event);
    quality = qualityMetrics.apply(quality, event);
    errors = errorMetrics.apply(errors, event);
  }
  const figures = auditFigures.result(audit);
  const leaves = untold(figures.trouble);
  return {
    audit: figures,
    phases: phaseMetrics.result(phases),
    agents: agentMetrics.result(agents),
    quality: qualityMetrics.result(quality),
    errors: errorMetrics.result(errors),
    stories: await storiesOf(reader, gravest(leaves), options),
    stories_left_out: Math.max(0, leaves.length - STORIES_MAX),
  };
}

/** Failures that caused no other one: each of them ends a story. */
function untold(trouble: readonly TroubleRow[]): readonly TroubleRow[] {
  const causes = new Set(trouble.map(({ causation_id }) => causation_id?.toLowerCase()));
  return trouble.filter(({ event_id }) => !causes.has(event_id));
}

function rank({ event_type }: TroubleRow): number {
  const at = GRAVEST_FIRST.indexOf(event_type);
  return at === -1 ? GRAVEST_FIRST.length : at;
}

/** The gravest ones, in the order in which they happened. */
function gravest(leaves: readonly TroubleRow[]): readonly TroubleRow[] {
  const places = leaves
    .map((one, at) => ({ one, at }))
    .sort((a, b) => rank(a.one) - rank(b.one) || b.at - a.at);
  return places
    .slice(0, STORIES_MAX)
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one);
}

async function storiesOf(
  { past }: AuditReader,
  trouble: readonly TroubleRow[],
  { signal }: ReadOptions,
): Promise<Story[]> {
  const stories: Story[] = [];
  for (const one of trouble) {
    const event = await past.getEvent(one.event_id);
    stories.push({
      trouble: one,
      causes: event === undefined ? [] : await causesOf(past, event, { signal }),
    });
  }
  return stories;
}
