/** An end without a start, or a start without an end, is looked for among this many: a fold must not slow down. */
const LOOK_BACK = 100;

/** The newest items of a list. */
export function newestOf<T>(list: readonly T[]): readonly T[] {
  return list.length <= LOOK_BACK ? list : list.slice(-LOOK_BACK);
}
