/** A secret in a text: what to cut out, and the rule that says so. */
export interface Finding {
  readonly start: number;
  readonly end: number;
  readonly rule: string;
  /** True for long random values: a short digest may stand for them without giving anything away. */
  readonly random: boolean;
}
