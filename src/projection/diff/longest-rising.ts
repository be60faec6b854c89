/** The places of a longest rising subsequence of distinct numbers. */
export function longestRising(values: readonly number[]): ReadonlySet<number> {
  // ends[n]: the place of the smallest number that ends a rising subsequence of n + 1 numbers.
  const ends: number[] = [];
  const before: (number | undefined)[] = [];
  for (const [place, value] of values.entries()) {
    const length = firstNotBelow(ends, (end) => values[end]! < value);
    before[place] = ends[length - 1];
    ends[length] = place;
  }
  const places = new Set<number>();
  for (let place = ends.at(-1); place !== undefined; place = before[place]) places.add(place);
  return places;
}

function firstNotBelow(ends: readonly number[], below: (end: number) => boolean): number {
  let [low, high] = [0, ends.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (below(ends[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}
