/** From one moment to another in seconds, never negative: clocks of several machines disagree. */
export function secondsBetween(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1_000);
}

/** A duration as it was logged, unless it makes no sense. */
export function loggedSeconds(seconds: number | undefined): number | undefined {
  return seconds !== undefined && seconds >= 0 ? seconds + 0 : undefined;
}
