import type { LatencyFigures, StoreMetrics } from "../../store/metrics.ts";
import type { Call } from "../command.ts";
import { grouped } from "../progress.ts";
import { padded, safe } from "../text.ts";

/** `eso stats store`: counts, latencies and sizes. */
export async function statsStore({ given, context, out }: Call): Promise<void> {
  const store = await context.reading();
  const metrics = await store.metrics();
  if (given.flag("json")) return out.json({ schema: "eso.stats-store/1", ...metrics });
  const rows = rowsOf(metrics);
  const columns = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows)
    await out.line(safe`${out.paint("quiet", padded(name, columns))}  ${value}`);
}

function rowsOf(metrics: StoreMetrics): readonly (readonly [string, string])[] {
  const { storage } = metrics;
  return [
    ["events", grouped(storage.events)],
    ["streams", grouped(storage.streams)],
    ["events on disk", bytes(storage.hot_bytes)],
    ["archived", bytes(storage.archived_bytes)],
    ["journal", bytes(storage.journal_bytes)],
    ["query index", `${bytes(storage.index_bytes)}, ${grouped(storage.index_lag_events)} events behind`],
    ["snapshots", grouped(storage.snapshots)],
    ["counted since", metrics.since],
    ["appended", `${grouped(metrics.events_appended)} events in ${grouped(metrics.appends)} appends`],
    ["duplicates", grouped(metrics.duplicates)],
    ["failed appends", grouped(metrics.appends_failed)],
    [
      "rate while open",
      metrics.events_per_second === null ? "-" : `${grouped(metrics.events_per_second)} events/s`,
    ],
    ["append latency", latency(metrics.append_latency)],
    ["queries", `${grouped(metrics.queries)}, ${grouped(metrics.events_read)} events read`],
    ["query latency", latency(metrics.query_latency)],
  ];
}

function latency({ count, p50_ms, p95_ms, p99_ms }: LatencyFigures): string {
  if (count === 0) return "-";
  return `p50 ${duration(p50_ms)}, p95 ${duration(p95_ms)}, p99 ${duration(p99_ms)}`;
}

function duration(ms: number | null): string {
  if (ms === null) return "-";
  return ms < 1000 ? `${Number(ms.toPrecision(3))} ms` : `${(ms / 1000).toFixed(1)} s`;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

function bytes(count: number): string {
  const power = count < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(count) / 10));
  const value = count / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${UNITS[power]}`;
}
