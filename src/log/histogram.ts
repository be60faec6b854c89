/** Buckets grow by a quarter: a percentile is at most 12 % off. */
const GROWTH = 1.25;
const LOG_GROWTH = Math.log(GROWTH);
const SMALLEST_MS = 0.001;

/** Counts by bucket number; mergeable by adding. */
export type Buckets = Readonly<Record<string, number>>;

/** Latencies in logarithmic buckets: a bounded handful of counters, cheap enough to be always on. */
export class Histogram {
  readonly #counts = new Map<number, number>();
  #count = 0;

  add(ms: number): void {
    const bucket = ms <= SMALLEST_MS ? 0 : Math.ceil(Math.log(ms / SMALLEST_MS) / LOG_GROWTH);
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + 1);
    this.#count++;
  }

  merge(buckets: Buckets): void {
    for (const [bucket, count] of Object.entries(buckets)) {
      const number = Number(bucket);
      if (!Number.isSafeInteger(number) || !Number.isSafeInteger(count)) continue;
      this.#counts.set(number, (this.#counts.get(number) ?? 0) + count);
      this.#count += count;
    }
  }

  get count(): number {
    return this.#count;
  }

  buckets(): Buckets {
    return Object.fromEntries(this.#counts);
  }

  /** The latency in ms that this share of the measurements did not exceed; undefined without measurements. */
  percentile(share: number): number | undefined {
    const wanted = Math.ceil(this.#count * share);
    let seen = 0;
    for (const [bucket, count] of [...this.#counts].sort(([a], [b]) => a - b)) {
      seen += count;
      if (seen >= wanted) return Number((SMALLEST_MS * GROWTH ** bucket).toPrecision(3));
    }
    return undefined;
  }
}
