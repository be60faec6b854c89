import { ValidationError } from "../errors.ts";
import { normalIsoTime } from "../event/iso-time.ts";
import type { Amendment } from "../query/amendments.ts";

/**
 * A point to look at: when it happened (an ISO time with its zone, or a Date; a plain date means the end of that
 * UTC day), a place in the stream, or `asKnownAt`: what had been recorded by then. All are inclusive.
 */
export type Moment = string | Date | { readonly sequence: number } | { readonly asKnownAt: string | Date };

/** A moment that has been understood. Times are ISO 8601 UTC with milliseconds. */
export type Point =
  | { readonly kind: "latest" }
  | { readonly kind: "sequence"; readonly sequence: number }
  | { readonly kind: "time"; readonly time: string }
  | { readonly kind: "known"; readonly time: string };

const PLAIN_DATE = /^\d{4}-\d{2}-\d{2}$/;
const HINT =
  'Give an ISO time with its zone, a Date, { sequence: 412 } or { asKnownAt: "2026-11-24T14:00:00Z" }.';

/**
 * Reads a moment; none means now.
 * @throws ValidationError when it cannot be understood.
 */
export function pointOf(moment: Moment | undefined): Point {
  if (moment === undefined) return { kind: "latest" };
  if (typeof moment === "string" || moment instanceof Date) return { kind: "time", time: timeOf(moment) };
  if ("asKnownAt" in moment) return { kind: "known", time: timeOf(moment.asKnownAt) };
  const { sequence } = moment;
  if (!Number.isSafeInteger(sequence) || sequence < 0) throw notAMoment(moment);
  return { kind: "sequence", sequence };
}

function timeOf(value: unknown): string {
  const text = value instanceof Date && Number.isFinite(value.getTime()) ? value.toISOString() : value;
  if (typeof text !== "string") throw notAMoment(value);
  const time = normalIsoTime(PLAIN_DATE.test(text) ? `${text}T23:59:59.999Z` : text);
  if (time === undefined) throw notAMoment(value);
  return time;
}

/**
 * Which amendments a point knows of. Asked when something happened, all that the record says today counts; asked
 * what the record said, only what it held by then.
 */
export function knows(point: Point, { sequence, recorded_at }: Amendment): boolean {
  if (point.kind === "sequence") return sequence <= point.sequence;
  return point.kind !== "known" || recorded_at <= point.time;
}

function notAMoment(value: unknown): ValidationError {
  const shown = typeof value === "string" ? `"${value}"` : JSON.stringify(value);
  return new ValidationError("ESO_INVALID_QUERY", `${shown} is not a moment`, {
    hint: HINT,
    details: { issues: [{ path: "$.moment", message: "is not a moment" }] },
  });
}
