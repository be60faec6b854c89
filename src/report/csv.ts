import type { AuditReport, ReportEvent } from "./audit-report.ts";

/** How cells are written. */
export interface CsvOptions {
  /** Put `'` before cells that a spreadsheet would run as a formula. Default true. */
  readonly guard?: boolean | undefined;
}

type Cell = string | number | boolean | null | undefined;

/** A spreadsheet takes a cell for a formula when it begins so; blanks before it do not help. */
const FORMULA = /^[\s\u00a0\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;

/**
 * One row by RFC 4180: every text quoted, quotes doubled, ended by CR LF. Numbers stand as they are.
 *
 * @example
 * ```ts
 * csvRow(["=1+1", 2]); // '"\'=1+1",2\r\n'
 * ```
 */
export function csvRow(cells: readonly Cell[], { guard = true }: CsvOptions = {}): string {
  return `${cells.map((cell) => cellText(cell, guard)).join(",")}\r\n`;
}

function cellText(cell: Cell, guard: boolean): string {
  if (cell === null || cell === undefined) return "";
  if (typeof cell !== "string") return String(cell);
  // A lone surrogate has no UTF-8.
  const text = cell.toWellFormed();
  const guarded = guard && FORMULA.test(text) ? `'${text}` : text;
  return `"${guarded.replaceAll('"', '""')}"`;
}

type Column = readonly [title: string, value: (one: ReportEvent) => Cell];

const EVENT_COLUMNS: readonly Column[] = [
  ["position", ({ event }) => event.position],
  ["issue_key", ({ event }) => event.issue_key],
  ["event_sequence", ({ event }) => event.event_sequence],
  ["timestamp", ({ event }) => event.timestamp],
  ["recorded_at", ({ event }) => event.recorded_at],
  ["late", ({ late }) => late],
  ["event_type", ({ event }) => event.event_type],
  ["summary", ({ text }) => text],
  ["tone", ({ tone }) => tone],
  ["phase", ({ event }) => event.phase],
  ["actor_type", ({ event }) => event.actor.type],
  ["actor_id", ({ event }) => event.actor.id],
  ["actor_model", ({ event }) => event.actor.model],
  ["recorded_by", ({ event }) => event.recorded_by],
  ["session_id", ({ event }) => event.session_id],
  ["correlation_id", ({ event }) => event.correlation_id],
  ["event_id", ({ event }) => event.event_id],
  ["causation_id", ({ event }) => event.causation_id],
  ["git_sha", ({ event }) => event.git_sha],
  ["branch", ({ event }) => event.branch],
  ["source_provider", ({ event }) => event.source?.provider],
  ["source_url", ({ event }) => event.source?.url],
  ["event_version", ({ event }) => event.event_version],
  ["prev_hash", ({ event }) => event.prev_hash],
  ["metadata", ({ event }) => JSON.stringify(event.metadata)],
];

/** Events as CSV, one a row, in order of record. */
export async function* eventsCsv(
  events: AsyncIterable<ReportEvent>,
  options: CsvOptions = {},
): AsyncGenerator<string, void, undefined> {
  yield csvRow(
    EVENT_COLUMNS.map(([title]) => title),
    options,
  );
  for await (const one of events)
    yield csvRow(
      EVENT_COLUMNS.map(([, value]) => value(one)),
      options,
    );
}

type Flat = Readonly<Record<string, unknown>>;

/** The tables of a report beside its events, by file name without `.csv`. */
export function auditTables(report: AuditReport): ReadonlyMap<string, readonly Flat[]> {
  const { audit, phases, agents, quality, errors } = report;
  return new Map<string, readonly object[]>([
    ["runs", audit.runs],
    ["phase-visits", audit.visits],
    ["phases", phases.phases],
    ["hand-offs", phases.hand_offs],
    ["agent-runs", audit.agent_runs],
    ["agents", agents.agents],
    ["models", agents.models],
    ["utilisation", audit.utilisation],
    ["gaps", audit.gaps],
    ["pull-requests", audit.pull_requests],
    ["commits", audit.commits],
    ["tests-and-checks", audit.checks],
    ["suites", quality.suites],
    ["errors", errors.errors],
    ["failures", audit.trouble],
    ["documents", audit.documents],
    ["voided", audit.voided],
    ["days", audit.days],
  ]) as ReadonlyMap<string, readonly Flat[]>;
}

/** A table as CSV: columns are the keys of its rows, of objects within them `outer.inner`; lists are JSON. */
export function tableCsv(rows: readonly Flat[], options: CsvOptions = {}): string {
  const flat = rows.map((row) => new Map(flattened(row, "")));
  const columns = [...new Set(flat.flatMap((row) => [...row.keys()]))];
  const lines = flat.map((row) =>
    csvRow(
      columns.map((column) => row.get(column)),
      options,
    ),
  );
  return [csvRow(columns, options), ...lines].join("");
}

/** Objects whose keys callers chose, such as counts by name, stay in one cell. */
const ONE_CELL = new Set(["quality_metrics", "tokens", "coverage", "phases", "agents", "models"]);

function flattened(row: Flat, prefix: string): [string, Cell][] {
  return Object.entries(row).flatMap(([key, value]): [string, Cell][] => {
    const name = prefix + key;
    if (typeof value !== "object" || value === null) return [[name, value as Cell]];
    if (Array.isArray(value) || ONE_CELL.has(key)) return [[name, JSON.stringify(value)]];
    return flattened(value as Flat, `${name}.`);
  });
}
