/** A thing that happened to an orchestration. */
export interface RunStep {
  readonly at: string;
  readonly type: "started" | "paused" | "resumed" | "ended" | "phase";
  /** Only for `started`: its natural key. */
  readonly key?: string | undefined;
  readonly correlation: string;
  readonly phase?: string | undefined;
}

/** An orchestration as it stood at a moment. */
export interface KnownRun {
  readonly correlation: string;
  readonly key: string | undefined;
  readonly ended: boolean;
  readonly paused: boolean;
  readonly phase: string | undefined;
}

/** What is known of the orchestrations of issues: loaded from the record, and added to while sessions are read. */
export class Runs {
  readonly #steps = new Map<string, RunStep[]>();

  has(issue: string): boolean {
    return this.#steps.has(issue);
  }

  load(issue: string, steps: readonly RunStep[]): void {
    this.#steps.set(issue, [...steps]);
  }

  add(issue: string, step: RunStep): void {
    const steps = this.#steps.get(issue) ?? [];
    this.#steps.set(issue, [...steps, step]);
  }

  /**
   * The newest orchestration that had begun at a moment. What happened at that very moment counts only if it is
   * the beginning: a session that is read again finds what it found the first time.
   */
  at(issue: string, moment: string): KnownRun | undefined {
    const steps = this.#steps.get(issue) ?? [];
    const begun = steps.filter(({ type, at }) => type === "started" && at <= moment);
    const start = begun.reduce<RunStep | undefined>(
      (newest, one) => (newest === undefined || one.at > newest.at ? one : newest),
      undefined,
    );
    if (start === undefined) return undefined;
    const own = steps
      .filter(
        ({ correlation, type, at }) => correlation === start.correlation && type !== "started" && at < moment,
      )
      .sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0));
    const state = own.filter(({ type }) => type !== "phase").at(-1)?.type;
    return {
      correlation: start.correlation,
      key: start.key,
      ended: state === "ended",
      paused: state === "paused",
      phase: own.findLast(({ phase }) => phase !== undefined)?.phase ?? start.phase,
    };
  }
}
