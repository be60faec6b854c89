import { objectOf, textOf } from "../claude-code/json.ts";

export { type Loose, numberOf, objectOf, objectsOf, present, textOf } from "../claude-code/json.ts";

/** Longest texts taken over from a payload, in UTF-16 code units: several of them still fit on a line. */
export const LIMITS = { name: 255, title: 1_000, text: 6_000, url: 2_000, items: 50, files: 300 } as const;

/** The value at a path of own properties, or undefined where it ends early. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let here = value;
  for (const name of path) {
    const object = objectOf(here);
    here = object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined;
  }
  return here;
}

/** A text that is not blank, on one line and of bounded length: names, titles, statuses. */
export function nameOf(value: unknown, most: number = LIMITS.name): string | undefined {
  const text = textOf(value)
    ?.slice(0, most * 2)
    .replaceAll(/\s+/g, " ")
    .trim();
  return text === undefined || text === "" ? undefined : text.slice(0, most).toWellFormed();
}

/** A text of bounded length, as it is; `cut` says whether something is missing. */
export function bodyOf(
  value: unknown,
  most: number = LIMITS.text,
): { text: string; cut: boolean } | undefined {
  const text = textOf(value);
  if (text === undefined) return undefined;
  return { text: text.slice(0, most).toWellFormed(), cut: text.length > most };
}

/** An id, written as a number or as a text. */
export function idOf(value: unknown): string | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? String(value) : undefined;
  const text = textOf(value)?.trim();
  return text !== undefined && /^[\w:.@-]{1,128}$/.test(text) ? text : undefined;
}

/** A number such as a pull request's: whole, from 1. */
export function ordinalOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 1 ? value : undefined;
}

/** How many of something: whole, from 0. */
export function countOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** Names of the items of an array: texts, or objects that hold one under `field`. */
export function namesOf(value: unknown, field: string): string[] {
  if (!Array.isArray(value)) return [];
  const names = value.slice(0, LIMITS.items).map((item: unknown) => nameOf(at(item, field) ?? item, 100));
  return names.filter((name) => name !== undefined);
}

/** A web address; anything else, such as `javascript:`, is none. */
export function addressOf(value: unknown): string | undefined {
  const text = textOf(value);
  if (text === undefined || text.length > LIMITS.url) return undefined;
  const url = URL.parse(text);
  return url?.protocol === "https:" || url?.protocol === "http:" ? text.toWellFormed() : undefined;
}

/** The host, with its port, of the first of these that is a web address. */
export function hostOf(...values: readonly unknown[]): string | undefined {
  for (const value of values) {
    const address = addressOf(value);
    if (address !== undefined) return URL.parse(address)?.host;
  }
  return undefined;
}

const GITLAB_TIME = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?) (UTC|[+-]\d{2}:?\d{2})$/;
const BARE_OFFSET = /([+-]\d{2})(\d{2})$/;
const ISO_LIKE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/;

/** A moment in the one form that events have: from ISO, `+0530`, GitLab's `2016-08-22 20:27:22 UTC`, or ms. */
export function timeOf(value: unknown): string | undefined {
  const ms =
    typeof value === "number" ? value : typeof value === "string" ? millisecondsOf(value) : Number.NaN;
  // Years of other than four digits are written in another way.
  if (!(ms >= 0 && ms < 253_402_300_800_000)) return undefined;
  return new Date(ms).toISOString();
}

function millisecondsOf(text: string): number {
  const [, day, time, zone] = GITLAB_TIME.exec(text) ?? [];
  const iso = day === undefined ? text : `${day}T${time}${zone === "UTC" ? "Z" : zone}`;
  return ISO_LIKE.test(iso) ? Date.parse(iso.replace(BARE_OFFSET, "$1:$2")) : Number.NaN;
}

/** Seconds from one moment to another; none when it would run backwards. */
export function secondsBetween(from: string | undefined, to: string | undefined): number | undefined {
  if (from === undefined || to === undefined) return undefined;
  const ms = Date.parse(to) - Date.parse(from);
  return ms >= 0 ? ms / 1_000 : undefined;
}
