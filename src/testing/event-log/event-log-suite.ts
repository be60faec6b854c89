import assert from "node:assert/strict";

import type { Capabilities } from "../../log/event-log.ts";
import { appendCases } from "./append-cases.ts";
import { clockCases } from "./clock-cases.ts";
import { concurrencyCases } from "./concurrency-cases.ts";
import { expectationCases } from "./expectation-cases.ts";
import { idempotencyCases } from "./idempotency-cases.ts";
import { lifecycleCases } from "./lifecycle-cases.ts";
import { lineCases } from "./line-cases.ts";
import { modelCases } from "./model-cases.ts";
import { openerCases } from "./opener-cases.ts";
import { readingCases } from "./reading-cases.ts";
import { runCases } from "./run-cases.ts";
import { sameFactCases } from "./same-fact-cases.ts";
import { SAMPLE_COMPANIONS } from "./sample-companions.ts";
import {
  type FactoryNeed,
  ManualClock,
  type Need,
  type OpenedLog,
  type OpenOptions,
  type SuiteCase,
} from "./suite-case.ts";
import { summaryCases } from "./summary-cases.ts";
import { summaryHistoryCases } from "./summary-history-cases.ts";
import { waitingCases } from "./waiting-cases.ts";

/** `test` of vitest, node:test, or mocha's `it`. The suite needs no other part of a runner. */
export interface TestFunction {
  (name: string, run: () => Promise<void>): unknown;
  readonly skip?: ((name: string, run: () => Promise<void>) => unknown) | undefined;
}

export interface EventLogSuiteOptions {
  readonly test: TestFunction;
  /** Opens a store of its own, empty, for one test. Several may be open at once. */
  readonly open: (options: OpenOptions) => Promise<OpenedLog>;
  /** What the engine declares; default: all of it. A test makes sure that the log declares the same. */
  readonly capabilities?: Omit<Capabilities, "durabilities">;
  /**
   * What the factory cannot do, whatever the engine can: be given a clock, leave a log without closing it, be given
   * companions.
   */
  readonly lacks?: readonly FactoryNeed[];
}

const FULL: Omit<Capabilities, "durabilities"> = {
  totalOrder: true,
  multiStreamBatches: true,
  persistent: true,
  multiProcess: true,
};

const CASES: readonly SuiteCase[] = [
  ...appendCases,
  ...expectationCases,
  ...idempotencyCases,
  ...sameFactCases,
  ...readingCases,
  ...waitingCases,
  ...concurrencyCases,
  ...lineCases,
  ...runCases,
  ...summaryCases,
  ...summaryHistoryCases,
  ...clockCases,
  ...lifecycleCases,
  ...openerCases,
  ...modelCases,
];

/**
 * Registers the conformance tests that every engine must pass: atomic, ordered, conditional and idempotent
 * appends, all ways of reading, bytes and hash chains, concurrency, reopening and recovery, and a comparison
 * of random operations with a model. Works with any runner that has `test(name, fn)`; some tests write
 * thousands of events, so the runner's time limit should be a minute or more.
 *
 * @example
 * ```ts
 * import { test } from "node:test";
 * import { eventLogSuite, type OpenedLog, type OpenOptions } from "event-sourcing-orchestrator/testing";
 *
 * declare function openMyStoreInANewFolder(options: OpenOptions): Promise<OpenedLog>;
 *
 * eventLogSuite({ test, open: openMyStoreInANewFolder });
 * ```
 */
export function eventLogSuite(options: EventLogSuiteOptions): void {
  for (const one of [declarationCase(options), ...CASES]) register(one, options);
}

function register(one: SuiteCase, options: EventLogSuiteOptions): void {
  const reason = one.needs?.map((need) => missing(need, options)).find((text) => text !== undefined);
  const { test } = options;
  if (reason === undefined) test(one.name, () => runCase(one, options));
  else (test.skip ?? test)(`${one.name} (skipped: ${reason})`, async () => {});
}

function missing(need: Need, { capabilities = FULL, lacks = [] }: EventLogSuiteOptions): string | undefined {
  if (need === "clock" || need === "crash" || need === "companions") {
    return lacks.includes(need) ? `the factory lacks ${need}` : undefined;
  }
  return capabilities[need] ? undefined : `the engine declares ${need}: false`;
}

async function runCase(one: SuiteCase, { open }: EventLogSuiteOptions): Promise<void> {
  const clock = new ManualClock();
  await using stack = new AsyncDisposableStack();
  const options = {
    ...(one.needs?.includes("clock") ? { clock: clock.read } : {}),
    ...(one.needs?.includes("companions") ? { companions: SAMPLE_COMPANIONS } : {}),
  };
  const store = stack.adopt(await open(options), (opened) => opened.dispose());
  await one.run({ store, log: store.log, clock });
}

function declarationCase({ capabilities = FULL }: EventLogSuiteOptions): SuiteCase {
  return {
    name: "the log declares the capabilities that the suite was told",
    async run({ log }) {
      const { durabilities, ...declared } = log.capabilities;
      assert.deepEqual(declared, capabilities);
      assert(durabilities.length > 0);
    },
  };
}
