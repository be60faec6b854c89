import { durationInWords } from "../projection/duration.ts";
import type { Rate } from "../projection/metrics/rate.ts";

/** With fewer ends than this a rate tells nothing, so the counts are shown. */
export const RATE_MIN = 10;

/** A number with separators, the same everywhere: `1,873,000`. */
export function grouped(value: number): string {
  const [whole = "", fraction] = String(value).split(".");
  return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (fraction === undefined ? "" : `.${fraction}`);
}

/** `1 gap`, `2 gaps`. */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${grouped(n)} ${n === 1 ? one : many}`;
}

/** Seconds in words; a dash for what is not known. */
export function words(seconds: number | null): string {
  return seconds === null ? "–" : durationInWords(seconds * 1000);
}

/** `2026-11-24 13:05:12`, in UTC. */
export function clock(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}`;
}

/** `12 %`, with a digit behind the point where it says more. */
export function percent(share: number): string {
  const value = share * 100;
  return `${value !== 0 && value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} %`;
}

/** `9 of 12, 75 % (47–91 %)`; with few of them the counts alone. */
export function rateWords({ successes, n, rate, low, high }: Rate): string {
  if (n === 0 || rate === null || low === null || high === null) return "–";
  const counts = `${grouped(successes)} of ${grouped(n)}`;
  if (n < RATE_MIN) return counts;
  return `${counts}, ${percent(rate)} (${Math.round(low * 100)}–${Math.round(high * 100)} %)`;
}

/**
 * Characters that could hide text or reverse its reading: C0 and C1 controls, soft hyphen, bidi marks, embeddings and
 * isolates, invisible operators, byte order marks, tags, lone surrogates.
 */
const HOSTILE =
  // oxlint-disable-next-line no-control-regex -- finding control characters is the purpose
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\p{Cs}]/gu;

const GLYPHS: Readonly<Record<string, string>> = { "\n": " ⏎ ", "\r": "", "\t": " ⇥ " };

/** The text on one line, with every character that would not be seen written out, such as `\u202e`. */
export function visible(text: string): string {
  return text.replace(HOSTILE, (found) => GLYPHS[found] ?? inUnits(found));
}

function inUnits(text: string): string {
  return Array.from(
    { length: text.length },
    (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`,
  ).join("");
}

/** The address, where it is one that a report may link to: http and https only, without a password in it. */
export function linkable(url: string | null): URL | undefined {
  if (url === null || !URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  const safe = /^https?:$/.test(parsed.protocol) && parsed.username === "" && parsed.password === "";
  return safe ? parsed : undefined;
}
