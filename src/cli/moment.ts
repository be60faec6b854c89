import { UsageError } from "./usage-error.ts";

/** A point to look at, as it was written. Times are epoch milliseconds. */
export type Moment =
  | { readonly kind: "time"; readonly ms: number }
  /** A whole UTC day. */
  | { readonly kind: "day"; readonly date: string }
  | { readonly kind: "sequence"; readonly sequence: number }
  | { readonly kind: "mark"; readonly mark: "start" | "end" | "error" };

/** What reading a moment depends on. */
export interface MomentOptions {
  /** The present, epoch milliseconds. */
  readonly now: number;
  /** Read times without a zone as UTC instead of local time. */
  readonly utc?: boolean;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const ISO = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?$/i;
const CLOCK = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/;
const AGO = /^-(?:\d+[smhdw])+$/;
const SEQUENCE = /^seq:(\d+)$/;
const MARK = /^@(start|end|error)$/;
const HINT =
  "Write an ISO time, 14:00 (today), -2h (ago), a date, now, seq:412, @start, @end or @error. See eso help moments.";

/**
 * Reads a moment.
 * @throws UsageError when it cannot be understood.
 *
 * @example
 * ```ts
 * parseMoment("-2h", { now: Date.now() }); // { kind: "time", ms: … }
 * ```
 */
export function parseMoment(text: string, options: MomentOptions): Moment {
  const moment = sequenceOf(text) ?? markOf(text) ?? dayOf(text) ?? timeOf(text, options);
  if (moment === undefined) throw new UsageError(`"${text}" is not a moment`, HINT);
  return moment;
}

/**
 * Reads one end of a time range, as the filters take it: an ISO time, or a plain date for the whole UTC day.
 * @throws UsageError for what is no time, such as `seq:412`.
 */
export function parseTime(text: string, options: MomentOptions): string {
  const moment = parseMoment(text, options);
  if (moment.kind === "time") return new Date(moment.ms).toISOString();
  if (moment.kind === "day") return moment.date;
  throw new UsageError(
    `"${text}" is a place in one issue, not a time`,
    "Write an ISO time, 14:00, -2h or a date.",
  );
}

function sequenceOf(text: string): Moment | undefined {
  const digits = SEQUENCE.exec(text)?.[1];
  const sequence = Number(digits);
  if (digits === undefined || !Number.isSafeInteger(sequence)) return undefined;
  return { kind: "sequence", sequence };
}

function markOf(text: string): Moment | undefined {
  const mark = MARK.exec(text)?.[1];
  return mark === undefined ? undefined : { kind: "mark", mark: mark as "start" | "end" | "error" };
}

function dayOf(text: string): Moment | undefined {
  if (!DATE.test(text) || !isDate(text)) return undefined;
  return { kind: "day", date: text };
}

function timeOf(text: string, options: MomentOptions): Moment | undefined {
  const ms =
    text === "now" ? options.now : (agoOf(text, options) ?? isoOf(text, options) ?? clockOf(text, options));
  return ms === undefined || Number.isNaN(new Date(ms).getTime()) ? undefined : { kind: "time", ms };
}

function agoOf(text: string, { now }: MomentOptions): number | undefined {
  if (!AGO.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+)([smhdw])/g)];
  return parts.reduce((ms, [, count, unit]) => ms - Number(count) * UNIT_MS[unit!]!, now);
}

function isoOf(text: string, { utc = false }: MomentOptions): number | undefined {
  const [, date, time, zone] = ISO.exec(text) ?? [];
  if (date === undefined || time === undefined || !isDate(date)) return undefined;
  const ms = Date.parse(`${date}T${time}${zone?.toUpperCase() ?? (utc ? "Z" : "")}`);
  return Number.isNaN(ms) ? undefined : ms;
}

function clockOf(text: string, { now, utc = false }: MomentOptions): number | undefined {
  const [, hour, minute, second = "0"] = CLOCK.exec(text) ?? [];
  const parts = [Number(hour), Number(minute), Number(second)] as const;
  if (hour === undefined || parts[0] > 23 || parts[1] > 59 || parts[2] > 59) return undefined;
  const day = new Date(now);
  return utc ? day.setUTCHours(...parts, 0) : day.setHours(...parts, 0);
}

/** Whether the calendar has this day: Date.parse takes 30 February for 2 March. */
function isDate(date: string): boolean {
  const ms = Date.parse(`${date}T00:00:00.000Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date);
}
