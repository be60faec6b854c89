/** Where moments lie on a line of so many units. */
export interface TimeScale {
  readonly from_ms: number;
  readonly to_ms: number;
  readonly x: (ms: number) => number;
  readonly ticks: readonly { readonly x: number; readonly label: string }[];
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  SECOND,
  5 * SECOND,
  15 * SECOND,
  30 * SECOND,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
  14 * DAY,
  30 * DAY,
  91 * DAY,
  365 * DAY,
  1826 * DAY,
];
const TICKS_MAX = 7;

/** A scale from one moment to another, with ticks at round ones, in UTC. */
export function timeScale(
  from_ms: number,
  to_ms: number,
  [left, right]: readonly [number, number],
): TimeScale {
  const span = Math.max(1, to_ms - from_ms);
  const x = (ms: number): number => {
    const at = left + ((Math.min(Math.max(ms, from_ms), to_ms) - from_ms) / span) * (right - left);
    return Math.round(at * 10) / 10;
  };
  const step = STEPS.find((one) => span / one <= TICKS_MAX) ?? span / TICKS_MAX;
  const ticks: { x: number; label: string }[] = [];
  let before = "";
  for (let at = Math.ceil(from_ms / step) * step; at <= to_ms; at += step) {
    const iso = new Date(at).toISOString();
    const day = iso.slice(0, 10);
    const clock = iso.slice(11, step < MINUTE ? 19 : 16);
    ticks.push({ x: x(at), label: step >= DAY ? day : day === before ? clock : `${day.slice(5)} ${clock}` });
    before = day;
  }
  return { from_ms, to_ms, x, ticks };
}
