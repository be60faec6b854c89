import type { Span } from "./time-column.ts";

/** Events of one segment at most; their offsets fit 16 bits and a dense term's bitmap 2 KB. */
export const SEGMENT_EVENTS = 16_384;
/** Lines of one segment, in bytes, at most: bounds what building one holds in memory. */
export const SEGMENT_LINE_BYTES = 32 * 1024 * 1024;

/** A run of positions that was indexed in one go. Segments follow each other without gaps from position 1. */
export interface Segment {
  readonly first: number;
  readonly last: number;
  /** It has reached its bounds and is not built anew with the events that follow. */
  readonly full: boolean;
  /** Its words are indexed too. */
  readonly text: boolean;
  readonly timestamp: Span;
  readonly recorded: Span;
  /** Some of its positions hold no event, for instance after pruning. */
  readonly sparse: boolean;
  /** Its last event and the CRC-32 of its line: tells a log that was rolled back and went on differently. */
  readonly end: { readonly position: number; readonly crc: number };
}

/** Numbers of a segment's pages. Pages of terms follow their directory. */
export const PAGE = { timestamp: 0, recorded: 1, fields: 2, text: 32_768 } as const;
/** Numbers that one position has room for. */
const PAGES_PER_POSITION = 65_536;

/** The key of a page: segments never overlap, so neither do the keys below their first positions. */
export function pageKey(first: number, page: number): number {
  return first * PAGES_PER_POSITION + page;
}

/** Pages of a segment by their number. */
export type Pages = ReadonlyMap<number, Buffer>;

export function isSame(a: Segment | undefined, b: Segment | undefined): boolean {
  return a?.first === b?.first && a?.last === b?.last && a?.text === b?.text;
}
