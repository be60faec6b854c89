import { type TimeRange, within } from "../../../query/time.ts";
import type { Bits } from "./bits.ts";

/** Least and greatest time of a segment's events, in ms. */
export interface Span {
  readonly min: number;
  readonly max: number;
}

/** The widest column that 32-bit offsets can hold, about 49 days. */
const OFFSET_MAX = 0xffff_ffff;

export function spanOf(times: readonly number[]): Span {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const time of times) {
    if (time < min) min = time;
    if (time > max) max = time;
  }
  return { min, max };
}

/** Times as offsets from the least one where they fit, else as they are. */
export function encodeTimes(times: readonly number[]): Buffer {
  const { min, max } = spanOf(times);
  const narrow = max - min <= OFFSET_MAX && times.every(Number.isFinite);
  const bytes = Buffer.allocUnsafe(times.length * (narrow ? 4 : 8));
  let at = 0;
  for (const time of times) at = narrow ? bytes.writeUInt32LE(time - min, at) : bytes.writeDoubleLE(time, at);
  return bytes;
}

/** Adds the events whose time lies in the range. */
export function addWithin(
  column: Buffer,
  { min, range }: { min: number; range: TimeRange },
  bits: Bits,
): void {
  const narrow = column.length === bits.size * 4;
  for (let i = 0; i < bits.size; i++) {
    const time = narrow ? min + column.readUInt32LE(i * 4) : column.readDoubleLE(i * 8);
    if (within(range, time)) bits.add(i);
  }
}
