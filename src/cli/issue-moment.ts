import { markOf } from "../store/marks.ts";
import type { EventStore } from "../store/event-store.ts";
import type { Moment } from "../store/moment.ts";
import type { Arguments } from "./arguments.ts";
import type { TimeStyle } from "./local-time.ts";
import { parseMoment } from "./moment.ts";
import type { FixedPoint } from "../store/past.ts";
import { UsageError } from "./usage-error.ts";

/**
 * A moment of an issue as it was written; with `--known`, what had been recorded by then.
 * @throws UsageError when it cannot be understood.
 * @throws NotFoundError for a mark that the issue does not have.
 */
export async function momentOf(
  text: string,
  {
    given,
    store,
    issueKey,
  }: { readonly given: Arguments; readonly store: EventStore; readonly issueKey: string },
): Promise<Moment> {
  const moment = parseMoment(text, { now: Date.now(), utc: given.flag("utc") });
  if (moment.kind === "mark") return markOf(store, issueKey, { mark: moment.mark });
  if (moment.kind === "sequence") return { sequence: moment.sequence };
  const time = moment.kind === "day" ? moment.date : new Date(moment.ms).toISOString();
  return given.flag("known") ? { asKnownAt: time } : time;
}

/**
 * Says that `--known` was given to no time.
 * @throws UsageError then.
 */
export function checkKnown(given: Arguments, texts: readonly (string | undefined)[]): void {
  if (!given.flag("known") || texts.some((text) => text !== undefined && !/^(?:seq:|@)/.test(text))) return;
  throw new UsageError(
    "--known goes with a time",
    "Events before a sequence are those that were known there: leave out --known.",
  );
}

/** A moment in words: `Tue 24 Nov 2026 14:00:05 UTC+01:00`, or `event 12`. */
export function pointInWords(point: FixedPoint, times: TimeStyle): string {
  if (point.kind === "sequence") return point.sequence === 0 ? "the beginning" : `event ${point.sequence}`;
  const ms = Date.parse(point.time);
  const time = `${times.day(ms)} ${times.clock(ms)} ${times.zone(ms)}`;
  return point.kind === "known" ? `${time}, as known then` : time;
}

/** A moment in words, unless it is a place: then the state says where. */
export function timeInWords(point: FixedPoint, times: TimeStyle): string | undefined {
  return point.kind === "sequence" && point.sequence > 0 ? undefined : pointInWords(point, times);
}
