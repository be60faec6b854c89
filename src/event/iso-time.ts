/** A real calendar date with leap years, a time to the minute or finer, and `Z` or an offset. */
export const ISO_TIME =
  /^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8])))T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)$/;

/** What to tell somebody whose time is not one. */
export const ISO_TIME_RULE = "must be an ISO 8601 time with Z or an offset, such as 2026-01-31T12:00:00Z";

const NORMAL_LENGTH = "2026-01-31T12:00:00.000Z".length;

/** The same instant as UTC with milliseconds, or undefined when the text is not an ISO 8601 time. */
export function normalIsoTime(text: string): string | undefined {
  if (!ISO_TIME.test(text)) return undefined;
  if (text.length === NORMAL_LENGTH && text.endsWith("Z")) return text;
  // Date.parse knows offsets only with a colon
  const instant = new Date(text.replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
  const normal = instant.toISOString();
  // an offset can lead out of the years 0000 to 9999, which have another notation
  return normal.length === NORMAL_LENGTH ? normal : undefined;
}
