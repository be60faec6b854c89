import type { EventLogReader } from "../../../log/event-log.ts";
import type { IndexDatabase } from "./index-database.ts";
import type { Attempt } from "./refresh.ts";
import { isSame, PAGE, type Pages, type Segment } from "./segment.ts";
import { rebuild } from "./segment-builder.ts";
import { pageCount } from "./term-pages.ts";

interface Checked {
  readonly segments: readonly Segment[];
  readonly problems: readonly string[];
}

/** Reads every page, whose checksums throw `IndexDamage`. */
export function checkPages(database: IndexDatabase): Checked {
  const segments = database.segments();
  for (const { first, text } of segments) {
    database.page(first, PAGE.timestamp);
    database.page(first, PAGE.recorded);
    for (const base of text ? [PAGE.fields, PAGE.text] : [PAGE.fields]) {
      const pages = pageCount(database.page(first, base));
      for (let page = 1; page <= pages; page++) database.page(first, base + page);
    }
  }
  return { segments, problems: database.structureProblems() };
}

/**
 * Builds every segment anew from the log and compares it, byte by byte, with what is stored. Segments that
 * were replaced meanwhile are passed over.
 */
export async function checkAgainstLog(
  log: EventLogReader,
  segments: readonly Segment[],
  attempt: Attempt,
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const segment of segments) {
    const { first, last, text } = segment;
    const pages = (await rebuild(log.readAll({ after: first - 1 }), segment, { fields: true, text })).pages();
    const isWrong = await attempt((database) => database.read(() => differs(database, segment, pages)));
    if (isWrong !== true) continue;
    problems.push(`positions ${first} to ${last}: the index is not what the log says`);
  }
  return problems;
}

function differs(database: IndexDatabase, segment: Segment, pages: Pages): boolean {
  if (!database.segments().some((other) => isSame(other, segment))) return false;
  return [...pages].some(([page, bytes]) => !database.page(segment.first, page).equals(bytes));
}
