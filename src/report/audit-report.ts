import type { StoredEvent } from "../event/envelope.ts";
import type { AgentMetrics } from "../projection/metrics/agent-metrics.ts";
import type { ErrorMetrics } from "../projection/metrics/error-metrics.ts";
import type { PhaseMetrics } from "../projection/metrics/phase-metrics.ts";
import type { QualityMetrics } from "../projection/metrics/quality-metrics.ts";
import type { EventRef } from "../projection/diff/event-ref.ts";
import type { Tone } from "../projection/event-summary.ts";
import type { AuditFigures } from "../projection/report-metrics/audit-figures.ts";
import type { TroubleRow } from "../projection/report-metrics/audit-rows.ts";
import type { VerifyReport } from "../verify/verify-store.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

/** What checking the record from its bytes said. */
export type Integrity = Omit<VerifyReport, "schema">;

/** What a report was asked to be about; null for everything. */
export interface AuditScope {
  readonly issues: readonly string[] | null;
  /** Inclusive, ISO. */
  readonly from: string | null;
  /** Exclusive, ISO. */
  readonly to: string | null;
  readonly types: readonly string[] | null;
}

/** An event that another one goes back to. */
export interface StoryCause {
  readonly event_id: string;
  /** `given`: the event says so itself. `inferred`: by what both are about; `says` tells how. */
  readonly link: "given" | "inferred";
  readonly says?: string;
  readonly event?: EventRef;
  /** `missing`: not in the store. `cycle`: met before, the chain goes round. `more`: the chain goes on. */
  readonly end?: "missing" | "cycle" | "more";
}

/** Something that went wrong, and what led to it, the nearest cause first. */
export interface Story {
  readonly trouble: TroubleRow;
  readonly causes: readonly StoryCause[];
}

/** All that a report says, as plain data; the events follow in a stream of their own. */
export interface AuditReport extends AuditInput {
  readonly schema: "eso.audit/1";
  readonly title: string;
  readonly verdict: Verdict;
  /** What the report does not say, in sentences. */
  readonly limits: readonly string[];
}

/** What a report is made of. */
export interface AuditInput {
  readonly generated_at: string;
  readonly generator: { readonly name: "eso"; readonly version: string };
  readonly store: { readonly store_id: string; readonly last_position: number };
  readonly scope: AuditScope;
  /** Null where the record was not checked. */
  readonly integrity: Integrity | null;
  readonly audit: AuditFigures;
  readonly phases: PhaseMetrics;
  readonly agents: AgentMetrics;
  readonly quality: QualityMetrics;
  readonly errors: ErrorMetrics;
  readonly stories: readonly Story[];
  /** Failures that no story tells. */
  readonly stories_left_out: number;
}

/** An event of a report. */
export interface ReportEvent {
  /** The line as it is stored. */
  readonly line: string;
  /** As folds see it: in the newest shape, completed by later sightings of its fact. */
  readonly event: StoredEvent;
  readonly text: string;
  readonly tone: Tone;
  /** Something that happened later had been recorded in its stream before it. */
  readonly late: boolean;
  /** Its `prev_hash` is that of the line before it in its stream, which is in this report too. */
  readonly chained: boolean;
}

/**
 * The report on what was gathered: title, verdict and limits put into words.
 *
 * @example
 * ```ts
 * const report = auditReport(input);
 * console.log(report.verdict.headline, report.limits);
 * ```
 */
export function auditReport(input: AuditInput): AuditReport {
  return {
    schema: "eso.audit/1",
    title: titleOf(input.scope),
    verdict: verdictOf(input),
    limits: limitsOf(input),
    ...input,
  };
}

function titleOf({ issues, types }: AuditScope): string {
  const about =
    issues === null
      ? "all issues"
      : issues.length <= 3
        ? issues.join(", ")
        : `${issues.slice(0, 2).join(", ")} and ${issues.length - 2} more issues`;
  return `Audit report · ${about}${types === null ? "" : ` · ${types.length} event types`}`;
}

function limitsOf({ scope, audit, integrity, stories_left_out }: AuditInput): string[] {
  const { types, from, to, issues } = scope;
  const said: string[] = [];
  if (types !== null)
    said.push(
      `Only events of ${types.length === 1 ? "the type" : "the types"} ${types.join(", ")} are in this report; every figure is of them alone, so that ends may stand without their starts.`,
    );
  if (from !== null)
    said.push(
      `Events before ${from} are left out: what began earlier is seen as an end without a start, counted but without a duration.`,
    );
  if (to !== null) said.push(`Events from ${to} on are left out.`);
  if (issues !== null) said.push("Other issues are left out.");
  if (audit.voided.length > 0)
    said.push(
      `${audit.voided.length} ${audit.voided.length === 1 ? "event was" : "events were"} declared void; the record keeps their lines, and no figure counts them.`,
    );
  if (integrity === null) said.push("The record was not checked from its bytes when this report was made.");
  if (stories_left_out > 0)
    said.push(
      `${stories_left_out} failures are listed among the events only, without the story of their causes; eso why EVENT tells it.`,
    );
  said.push("Long texts are cut at 500 characters in tables; the events themselves keep them whole.");
  return said;
}
