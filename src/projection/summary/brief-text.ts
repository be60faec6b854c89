import type { BriefPoint, BriefStretch, IssueBrief } from "./issue-brief.ts";

/** Under a kilobyte, line ends and the one behind the last line included, in every way of counting. */
export const BRIEF_BYTES_MAX = 999;

const HEADER_BYTES_MAX = 200;
const LINE_BYTES_MAX = 180;

export interface BriefTextOptions {
  /** UTF-8 bytes, the line end behind the last line included; default `BRIEF_BYTES_MAX`. */
  readonly bytesMax?: number;
  /** Makes what events say fit to be shown; default as it is, on one line. */
  readonly shown?: (text: string) => string;
}

/** Lines under a heading. */
interface Section {
  readonly heading: string;
  readonly lines: readonly string[];
}

const bytes = new TextEncoder();
const bytesOf = (text: string): number => bytes.encode(text).length;

/**
 * The brief as plain text for a prompt or a person, lines ended by LF. What does not fit is left out, the least
 * important first, and counted.
 *
 * @example
 * ```ts
 * const text = briefText(await store.context("PROJ-123"));
 * ```
 */
export function briefText(brief: IssueBrief, options: BriefTextOptions = {}): string {
  const { bytesMax = BRIEF_BYTES_MAX, shown = (text) => text } = options;
  const fit = (text: string, most: number): string => cut(shown(oneLine(text)), most);
  const header = headerOf(brief).map((line) => fit(line, HEADER_BYTES_MAX));
  const sections = sectionsOf(brief).map(({ heading, lines }) => ({
    heading,
    lines: lines.map((line) => fit(line, LINE_BYTES_MAX)),
  }));
  const taken = sections.map(() => 0);
  // A line of each section in turn, so that no long list drives out the others.
  for (let open = sections.map((_, index) => index); open.length > 0;) {
    open = open.filter((index) => {
      const { lines } = sections[index] as Section;
      const count = (taken[index] ?? 0) + 1;
      if (count > lines.length) return false;
      const more = taken.with(index, count);
      if (bytesOf(rendered(header, sections, more)) > bytesMax) return false;
      taken[index] = count;
      return true;
    });
  }
  return rendered(header, sections, taken);
}

function headerOf(brief: IssueBrief): string[] {
  const { issue_key, title, status, phase, events, last_timestamp } = brief;
  const where = phase === null ? "" : ` in phase ${phase}`;
  const last = last_timestamp === null ? "" : `, last at ${minuteOf(last_timestamp)}`;
  return [
    `${issue_key ?? "events without an issue"}${title === null ? "" : `: ${title}`}`,
    `Status: ${status.replace("_", " ")}${where}; ${events} event${events === 1 ? "" : "s"}${last}`,
  ];
}

/** In the order of their weight, which is also the order in which they are read. */
function sectionsOf(brief: IssueBrief): Section[] {
  const { last_failure } = brief;
  const sections: Section[] = [
    { heading: "Open", lines: brief.open },
    { heading: "Last failure", lines: last_failure === null ? [] : [pointText(last_failure)] },
    { heading: "Latest events, newest first", lines: brief.latest.map(pointText) },
    { heading: "Summaries, newest first", lines: brief.summaries.map(stretchText) },
    {
      heading: "Last commits",
      lines: brief.commits.map(({ sha, message }) => `${sha.slice(0, 8)} ${message}`),
    },
  ];
  return sections.filter(({ lines }) => lines.length > 0);
}

function pointText({ sequence, at, text }: BriefPoint): string {
  return `#${sequence} ${minuteOf(at)} ${text}`;
}

function stretchText({ phase, from_sequence, to_sequence, text }: BriefStretch): string {
  return `${phase ?? "run"} #${from_sequence}-${to_sequence}: ${text}`;
}

/** `2026-11-24 14:05Z`. */
function minuteOf(timestamp: string): string {
  return `${timestamp.slice(0, 16).replace("T", " ")}Z`;
}

function rendered(header: readonly string[], sections: readonly Section[], taken: readonly number[]): string {
  const lines = [...header];
  for (const [index, section] of sections.entries()) {
    const count = taken[index] ?? 0;
    const left = section.lines.length - count;
    if (count > 0)
      lines.push(`${section.heading}:`, ...section.lines.slice(0, count).map((line) => `- ${line}`));
    if (left > 0) lines.push(count > 0 ? `- and ${left} more` : `${section.heading}: ${left}, left out here`);
  }
  return `${lines.join("\n")}\n`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim().toWellFormed();
}

/** Cut to so many bytes, between characters, with an ellipsis where something is missing. */
function cut(text: string, most: number): string {
  if (bytesOf(text) <= most) return text;
  let left = most - bytesOf("…");
  let kept = "";
  for (const character of text) {
    left -= bytesOf(character);
    if (left < 0) break;
    kept += character;
  }
  return `${kept.trimEnd()}…`;
}
