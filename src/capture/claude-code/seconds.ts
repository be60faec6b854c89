/** From one moment to a later one, in seconds; 0 where clocks went back. */
export function secondsBetween(from: string, to: string): number {
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1_000);
}

/** A moment so many milliseconds before. */
export function before(at: string, ms: number): string {
  return new Date(Date.parse(at) - ms).toISOString();
}
