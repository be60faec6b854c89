/** What stands in the place of a secret: `[REDACTED:<rule>]`, in identifiers `[REDACTED:<rule>:<8 hex digits>]`. */
export const MARKER_START = "[REDACTED:";

const WHOLE_MARKER = /^\[REDACTED:[a-z0-9-]{1,40}(?::[0-9a-f]{8})?\]$/;

/** The text that replaces what a rule found. */
export const markerOf = (rule: string): string => `${MARKER_START}${rule}]`;

/** Whether a text is a marker and nothing else, so that redacting twice changes nothing. */
export const isMarker = (text: string): boolean => WHOLE_MARKER.test(text);
