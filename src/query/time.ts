import { normalIsoTime } from "../event/iso-time.ts";

/** Milliseconds since the epoch; `from` inclusive, `to` exclusive. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

const DAY_MS = 86_400_000;
const PLAIN_DATE = /^\d{4}-\d{2}-\d{2}$/;

/**
 * Reads one end of a range; undefined when it cannot be understood. A plain date is the start of that UTC
 * day, as `to` its end.
 */
export function readTime(value: unknown, end: "from" | "to"): number | undefined {
  if (value instanceof Date) return Number.isFinite(value.getTime()) ? value.getTime() : undefined;
  if (typeof value !== "string") return undefined;
  if (!PLAIN_DATE.test(value)) return instant(value);
  const start = instant(`${value}T00:00:00.000Z`);
  return start === undefined || end === "from" ? start : start + DAY_MS;
}

function instant(text: string): number | undefined {
  const normal = normalIsoTime(text);
  return normal === undefined ? undefined : Date.parse(normal);
}

export function within(range: TimeRange, ms: number): boolean {
  return ms >= range.from && ms < range.to;
}
