import process from "node:process";

import { createReadPlanner, type UnknownEvents } from "../../event/upcast.ts";
import { type SchemaReport, schemaReport, type StoredVersion } from "../../store/schema-report.ts";
import type { Call } from "../command.ts";
import type { Output } from "../output.ts";
import { grouped, Progress } from "../progress.ts";
import { type Cell, type Column, printTable } from "../table.ts";
import { UsageError } from "../usage-error.ts";
import { customTypesOf } from "./custom-types.ts";

const COLUMNS: readonly Column[] = [
  { title: "type" },
  { title: "version" },
  { title: "events", right: true },
  { title: "first", right: true },
  { title: "last", right: true },
  { title: "newest" },
  { title: "read" },
];

/** `eso schema migrate --dry-run`: what is stored by type and version, and what reading makes of it. */
export async function schemaMigrate({ given, context, out, err, signal }: Call): Promise<void> {
  if (!given.flag("dry-run")) throw nothingToRun();
  const store = await context.reading();
  const { config } = await context.config();
  const custom = await customTypesOf(context);
  const planOf = createReadPlanner({
    migrations: custom.flatMap(({ migrations }) => migrations),
    customVersions: new Map(custom.map(({ type, version }) => [type, version])),
  });
  const report = await counted(store.log, { planOf, signal });
  const { unknown_events } = config.validation;
  if (given.flag("json")) return out.json({ schema: "eso.schema-migrate/1", unknown_events, ...report });
  if (report.events > 0)
    await printTable(
      out,
      COLUMNS,
      report.versions.map((row) => cellsOf(row, out)),
    );
  for (const line of conclusionOf(report, unknown_events)) await err.line(line);
}

async function counted(
  log: Parameters<typeof schemaReport>[0],
  options: Parameters<typeof schemaReport>[1],
): Promise<SchemaReport> {
  const total = (await log.head()).position;
  using progress = new Progress(process.stderr, { label: "reading", unit: "events", total });
  return await schemaReport(log, { ...options, onProgress: (events) => progress.add(events) });
}

function nothingToRun(): UsageError {
  return new UsageError(
    "there is nothing to run: stored events are never rewritten",
    "Older versions are brought to the newest shape whenever they are read.\n" +
      "eso schema migrate --dry-run shows which versions are stored and what reading makes of them.",
  );
}

const number = (value: number, out: Output): string => (out.terminal ? grouped(value) : String(value));

function cellsOf(row: StoredVersion, out: Output): readonly Cell[] {
  const isKnown = row.read === "as-is" || row.read === "migrated";
  return [
    { text: row.event_type, style: "heading" },
    row.event_version,
    number(row.events, out),
    number(row.first_position, out),
    number(row.last_position, out),
    row.newest ?? "",
    { text: inWords(row), style: isKnown ? "quiet" : "warning" },
  ];
}

function inWords({ read, steps }: StoredVersion): string {
  switch (read) {
    case "as-is":
      return "as stored";
    case "migrated":
      return `migrated in ${steps} ${steps === 1 ? "step" : "steps"}`;
    case "newer":
      return "newer version";
    case "unknown":
      return "unknown type";
    default:
      return read satisfies never;
  }
}

const ON_UNKNOWN: Readonly<Record<UnknownEvents, string>> = {
  fail: "readers stop at them",
  warn: "readers say so and go on",
  ignore: "readers go on without a word",
};

/** What it means, and what to do where something is not known. */
function conclusionOf({ events, totals }: SchemaReport, policy: UnknownEvents): string[] {
  if (events === 0) return ["The store is empty."];
  const parts = [
    [totals["as-is"], "read as stored"],
    [totals.migrated, "migrated when read"],
    [totals.newer, "of newer versions"],
    [totals.unknown, "of unknown types"],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, words]) => `${grouped(count)} ${words}`);
  const lines = [
    `${grouped(events)} ${events === 1 ? "event" : "events"}: ${said.join(", ")}. Stored bytes stay as they are.`,
  ];
  if (totals.newer + totals.unknown > 0)
    lines.push(`validation.unknown_events is ${policy}: ${ON_UNKNOWN[policy]}.`);
  if (totals.newer > 0)
    lines.push("Newer versions: update eso, or put the newer schemas back into the store's schemas/custom/.");
  if (totals.unknown > 0)
    lines.push("Unknown types: update eso, or put their schemas into the store's schemas/custom/.");
  return lines;
}
