/** Major, minor and patch; schemas have no pre-releases. */
export type Semver = readonly [major: number, minor: number, patch: number];

const SEMVER = /^(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})$/;

/** Reads a version, or undefined when it is none. */
export function parseSemver(text: string): Semver | undefined {
  const match = SEMVER.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3])];
}

/** Negative when `a` is older than `b`, 0 when they are the same, positive when it is newer. */
export function compareSemver(a: Semver, b: Semver): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/** Whether a version is newer than another. One that cannot be read is: nothing is known about it. */
export function isNewer(version: string, than: string): boolean {
  const [a, b] = [parseSemver(version), parseSemver(than)];
  return a === undefined || b === undefined || compareSemver(a, b) > 0;
}

/** Whether a version says nothing that code written for the other one would misread: its major is no newer. */
export function isCompatible(version: string, known: string): boolean {
  if (version === known) return true;
  const [a, b] = [parseSemver(version), parseSemver(known)];
  return a !== undefined && b !== undefined && a[0] <= b[0];
}
