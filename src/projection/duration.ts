const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A duration in its two largest units: `850 ms`, `3.2 s`, `42 s`, `4 min 10 s`, `1 h 42 min`, `3 d 4 h`. */
export function durationInWords(duration_ms: number): string {
  const ms = Math.abs(duration_ms);
  const sign = duration_ms < 0 ? "-" : "";
  if (ms < SECOND_MS) return `${sign}${Math.round(ms)} ms`;
  if (ms < 10 * SECOND_MS) return `${sign}${Math.floor(ms / 100) / 10} s`;
  if (ms < MINUTE_MS) return `${sign}${Math.floor(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) return sign + pair([ms, MINUTE_MS, "min"], [SECOND_MS, "s"]);
  if (ms < DAY_MS) return sign + pair([ms, HOUR_MS, "h"], [MINUTE_MS, "min"]);
  return sign + pair([ms, DAY_MS, "d"], [HOUR_MS, "h"]);
}

function pair(large: readonly [number, number, string], small: readonly [number, string]): string {
  const [ms, largeMs, largeUnit] = large;
  const [smallMs, smallUnit] = small;
  const rest = Math.floor((ms % largeMs) / smallMs);
  return `${Math.floor(ms / largeMs)} ${largeUnit}${rest === 0 ? "" : ` ${rest} ${smallUnit}`}`;
}
