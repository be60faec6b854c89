import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { ConflictError, NotFoundError, ReplayRefusedError, ValidationError } from "../../errors.ts";
import type { StoredEvent } from "../../event/envelope.ts";
import { memoryReplays, type ReplayEntry, type ReplayJournals } from "../../log/replay-journal.ts";
import { ACTOR, ISSUE, ReplayStore, SAMPLES } from "./replay.fixture.ts";
import type { ReplayPlan } from "./replay-options.ts";
import { unfinishedReplays } from "./unfinished.ts";

const NAMES = fc.array(fc.constantFrom(...Object.keys(SAMPLES)), { minLength: 1, maxLength: 12 });
const actions = (plan: ReplayPlan): readonly string[] =>
  plan.steps.map(({ action, reason }) => (reason === undefined ? action : `${action} ${reason}`));

describe("a dry run", () => {
  it("is the default, says of every event of the range what would be done, writes nothing, calls nothing", async () => {
    await using opened = await ReplayStore.open([
      "phase",
      "comment",
      "doc",
      "summary",
      "merge",
      "agent",
      "marker",
    ]);
    await opened.voided(6);
    const before = (await opened.events()).length;
    const called: unknown[] = [];
    const plan = await opened.replay({ handlers: (event) => called.push(event), allowOnce: ["PRMerged"] });
    expect(plan).toMatchObject({
      issue_key: ISSUE,
      dry_run: true,
      status: "planned",
      from_sequence: 1,
      to_sequence: 8,
    });
    expect(actions(plan)).toEqual([
      "run",
      "refuse once",
      "run",
      "skip about_the_record",
      "run",
      "skip voided",
      "skip about_the_record",
      "skip about_the_record",
    ]);
    expect(plan.counts).toMatchObject({ events: 8, run: 3, skip: 4, refuse: 1, done: 0 });
    expect(plan.refusals).toEqual(["types whose effect must happen once: CommentPosted"]);
    expect(plan.replay_id).toBeUndefined();
    expect(called).toEqual([]);
    expect((await opened.events()).length).toBe(before);
    expect(opened.parts.journals.list()).toEqual([]);
  });

  it("chooses by range, type and function; both ends of the range are part of it", async () => {
    await fc.assert(
      fc.asyncProperty(
        NAMES,
        fc.record({ from: fc.integer({ min: 1, max: 12 }), span: fc.nat(12), odd: fc.boolean() }),
        fc.option(fc.subarray(Object.values(SAMPLES).map((one) => one.event_type)), { nil: undefined }),
        async (names, { from, span, odd }, eventTypes) => {
          await using opened = await ReplayStore.open(names, {
            lists: { pure: ["CommentPosted", "PRMerged"] },
          });
          fc.pre(from <= names.length);
          const eventFilter = (event: StoredEvent) => !odd || event.event_sequence % 2 === 1;
          const options = { fromSequence: from, toSequence: from + span, eventTypes, eventFilter };
          const plan = await opened.replay(options);
          const inRange = (await opened.events()).slice(from - 1, from + span);
          expect(plan.steps.map(({ event_id }) => event_id)).toEqual(inRange.map(({ event_id }) => event_id));
          const wanted = inRange.filter(
            (event) =>
              eventFilter(event) &&
              (eventTypes?.includes(event.event_type) ?? true) &&
              !/Summary|Replayed/.test(event.event_type),
          );
          const run = plan.steps.filter(({ action }) => action === "run").map((step) => step.event_id);
          expect(run).toEqual(wanted.map(({ event_id }) => event_id));
          // A real run does what the plan says, neither more nor less, in order.
          const { calls } = await opened.run(options);
          expect(calls).toEqual(wanted.map(({ event_sequence }) => event_sequence));
        },
      ),
      { numRuns: 40 },
    );
  });

  it("warns of late events, unknown types and names that mean nothing", async () => {
    await using opened = await ReplayStore.open(["phase"]);
    const late = "2020-01-01T00:00:00.000Z";
    await opened.store.logEvent({ ...SAMPLES["agent"]!, issue_key: ISSUE, actor: ACTOR, timestamp: late });
    const plan = await opened.replay({
      eventTypes: ["PhaseStarted", "AgentSpawned", "Nope"],
      allowOnce: ["PhaseStarted"],
    });
    expect(plan.steps[1]?.warnings).toEqual(["late: happened before #1, which was recorded earlier"]);
    expect(plan.warnings.join()).toContain("Nope is not a type of the catalogue");
    expect(plan.warnings.join()).toContain("PhaseStarted is of class pure");
  });

  it("counts every type as handled when no handlers are given, else those that are", async () => {
    await using opened = await ReplayStore.open(["phase", "agent", "doc"]);
    expect(actions(await opened.replay())).toEqual(["run", "run", "run"]);
    const some = { PhaseStarted: () => undefined, AgentSpawned: { run: () => undefined } };
    expect(actions(await opened.replay({ handlers: some }))).toEqual(["run", "run", "skip no_handler"]);
    expect(actions(await opened.replay({ handlers: { ...some, "*": () => undefined } }))[2]).toBe("run");
  });
});

describe("a real run", () => {
  it("hands events on in order of sequence and leaves one EventsReplayed", async () => {
    await using opened = await ReplayStore.open(["phase", "summary", "doc", "agent"]);
    const { plan, calls } = await opened.run({
      eventTypes: ["PhaseStarted", "DocumentationCreated"],
      actor: ACTOR,
    });
    expect(calls).toEqual([1, 3]);
    expect(plan).toMatchObject({ status: "finished", dry_run: false, marker_sequence: 5 });
    const [marker, ...others] = await opened.markers();
    expect(others).toEqual([]);
    expect(marker).toMatchObject({
      event_sequence: 5,
      issue_key: ISSUE,
      actor: ACTOR,
      metadata: {
        from_sequence: 1,
        to_sequence: 4,
        replayed_count: 2,
        skipped_count: 2,
        failed_count: 0,
        overrides: [],
        filter: { event_types: ["PhaseStarted", "DocumentationCreated"] },
        replay_id: plan.replay_id,
      },
    });
  });

  it("refuses what must happen once, unless it is allowed; the override is recorded where it was used", async () => {
    await using opened = await ReplayStore.open(["phase", "comment", "merge"]);
    const refused = await opened.run().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ReplayRefusedError);
    expect(refused).toMatchObject({ details: { once: ["CommentPosted", "PRMerged"], forbidden: [] } });
    expect(opened.parts.journals.list()).toEqual([]);
    expect(await opened.markers()).toEqual([]);
    const allowOnce = ["PRMerged", "CommentPosted", "WorklogAdded"];
    expect((await opened.run({ allowOnce })).calls).toEqual([1, 2, 3]);
    const [marker] = await opened.markers();
    expect(marker?.metadata["overrides"]).toEqual(["once:PRMerged", "once:CommentPosted"]);
    const { calls, plan } = await opened.run({ skipNonIdempotent: true, toSequence: 3 });
    expect(calls).toEqual([1]);
    expect(actions(plan)).toEqual(["run", "skip once", "skip once"]);
  });

  it("never does what is forbidden, whoever allows it", async () => {
    await using opened = await ReplayStore.open(["phase", "merge"], { lists: { forbidden: ["PRMerged"] } });
    await expect(opened.run({ allowOnce: ["PRMerged"] })).rejects.toThrow(
      /forbidden types are never replayed: PRMerged/,
    );
    expect((await opened.run({ allowOnce: ["PRMerged"], skipNonIdempotent: true })).calls).toEqual([1]);
    expect((await opened.run({ eventTypes: ["PhaseStarted"] })).calls).toEqual([1]);
  });

  it("refuses more events than max_replay_events, before the first", async () => {
    await using opened = await ReplayStore.open(["phase", "agent", "doc"], { maxEvents: 2 });
    await expect(opened.run()).rejects.toThrow(/3 events, and replay.max_replay_events is 2/);
    expect((await opened.replay()).refusals).toHaveLength(1);
    expect((await opened.run({ fromSequence: 2 })).calls).toEqual([2, 3]);
  });

  it.each(["stop", "continue"] as const)("on a failure goes as told: %s", async (onFailure) => {
    await using opened = await ReplayStore.open(["phase", "agent", "doc", "phase"]);
    const calls: number[] = [];
    const handlers = async (event: StoredEvent) => {
      calls.push(event.event_sequence);
      await Promise.resolve();
      if (event.event_type === "AgentSpawned") throw new Error("no such agent");
    };
    const plan = await opened.replay({ handlers, dryRun: false, onFailure });
    const goes = onFailure === "continue";
    expect(calls).toEqual(goes ? [1, 2, 3, 4] : [1, 2]);
    expect(plan.steps[1]).toMatchObject({ outcome: "failed", error: "no such agent" });
    expect(plan.counts).toMatchObject({ done: goes ? 3 : 1, failed: 1, not_reached: goes ? 0 : 2 });
    const markers = await opened.markers();
    expect(markers).toHaveLength(1);
    expect(markers[0]?.metadata).toMatchObject({
      replayed_count: goes ? 4 : 2,
      failed_count: 1,
      skipped_count: 0,
    });
    expect(markers[0]?.metadata["stopped_before_sequence"]).toBe(goes ? undefined : 3);
  });

  it("asks preconditions with the state just before the event; one that is not met is a failure", async () => {
    await using opened = await ReplayStore.open(["phase", "agent", "merge", "doc"]);
    const seen: unknown[] = [];
    const calls: number[] = [];
    const handlers = {
      run: (event: StoredEvent) => void calls.push(event.event_sequence),
      precondition(event: StoredEvent, { stateBefore }: { stateBefore: object }) {
        seen.push(stateBefore);
        return event.event_type === "PRMerged" ? "the branch is gone" : (true as const);
      },
    };
    const plan = await opened.replay({
      handlers,
      dryRun: false,
      allowOnce: ["PRMerged"],
      fromSequence: 2,
      onFailure: "continue",
    });
    expect(calls).toEqual([2, 4]);
    expect(plan.steps[1]).toMatchObject({ outcome: "failed", error: "precondition: the branch is gone" });
    for (const [index, state] of seen.entries())
      expect(state).toEqual(await opened.store.reconstructState(ISSUE, { sequence: index + 1 }));
  });

  it("does not hand on an event that is voided while the replay is under way", async () => {
    await using opened = await ReplayStore.open(["phase", "agent", "doc"]);
    const calls: number[] = [];
    const handlers = async ({ event_sequence }: StoredEvent) => {
      calls.push(event_sequence);
      if (event_sequence === 1) await opened.voided(2);
    };
    const plan = await opened.replay({ handlers, dryRun: false });
    expect(calls).toEqual([1, 3]);
    expect(plan.steps[1]).toMatchObject({ action: "skip", reason: "voided" });
  });

  it("says what is wrong with a call, and does nothing", async () => {
    await using opened = await ReplayStore.open(["phase"]);
    for (const wrong of [
      { fromSequence: 0 },
      { fromSequence: 1.5 },
      { fromSequence: 3, toSequence: 2 },
      { fromSequence: 2 },
      { handlers: undefined },
      { replayId: "../x" },
      { resume: "x", fromSequence: 1 },
    ])
      await expect(opened.run(wrong)).rejects.toThrow(ValidationError);
    await expect(opened.run({ resume: "unknown" })).rejects.toThrow(NotFoundError);
    await expect(opened.replay({ resume: "unknown" })).rejects.toThrow(NotFoundError);
    expect((await opened.events()).length).toBe(1);
    expect((await opened.replay({ toSequence: 99 })).to_sequence).toBe(1);
  });
});

describe("an interrupted replay", () => {
  it("stops between two events when told to, and goes on with what is left", async () => {
    await using opened = await ReplayStore.open(["phase", "comment", "doc", "agent"]);
    const stop = new AbortController();
    const calls: number[] = [];
    const handlers = ({ event_sequence }: StoredEvent) => {
      calls.push(event_sequence);
      if (event_sequence === 2) stop.abort();
    };
    const options = { handlers, dryRun: false, allowOnce: ["CommentPosted"], replayId: "r1" };
    const first = await opened.replay({
      ...options,
      eventFilter: (e) => e.event_sequence !== 3,
      signal: stop.signal,
    });
    expect(first).toMatchObject({ status: "interrupted", counts: { done: 2, not_reached: 1 } });
    expect(await opened.markers()).toEqual([]);
    expect(unfinishedReplays(opened.parts.journals, ISSUE)).toMatchObject([
      { replay_id: "r1", events: 3, settled: 2 },
    ]);
    const rest = await opened.replay({ resume: "r1" });
    expect(actions(rest)).toEqual(["skip done_before", "skip done_before", "skip not_chosen", "run"]);
    const second = await opened.replay({ resume: "r1", handlers, dryRun: false });
    expect(second).toMatchObject({ status: "finished", replay_id: "r1", counts: { done: 3 } });
    expect(calls).toEqual([1, 2, 4]);
    expect((await opened.markers())[0]?.metadata).toMatchObject({
      replayed_count: 3,
      overrides: ["once:CommentPosted"],
      filter: { by_function: true },
    });
    const third = await opened.replay({ resume: "r1", handlers, dryRun: false });
    expect(third.warnings).toEqual(["was finished before; nothing was done"]);
    expect(await opened.markers()).toHaveLength(1);
    expect(unfinishedReplays(opened.parts.journals, ISSUE)).toEqual([]);
  });

  it("a handler that gives up because it was told to has neither failed nor succeeded", async () => {
    await using opened = await ReplayStore.open(["doc", "doc"]);
    const stop = new AbortController();
    const handlers = (): void => {
      stop.abort();
      stop.signal.throwIfAborted();
    };
    const plan = await opened.replay({ handlers, dryRun: false, replayId: "r", signal: stop.signal });
    expect(plan).toMatchObject({ status: "interrupted", counts: { unknown: 1, not_reached: 1, failed: 0 } });
    expect((await opened.run({ resume: "r" })).calls).toEqual([1, 2]);
  });

  it("belongs to its issue and to one process at a time", async () => {
    await using opened = await ReplayStore.open(["phase"]);
    const held = await opened.parts.journals.create("r");
    await expect(opened.run({ resume: "r" })).rejects.toThrow(ConflictError);
    held.close();
    await expect(opened.run({ replayId: "r" })).rejects.toThrow(ConflictError);
  });

  it("wherever the process dies: no once-effect twice, everything else done, one EventsReplayed", async () => {
    await fc.assert(
      fc.asyncProperty(
        NAMES,
        fc.array(fc.nat(20), { maxLength: 6 }),
        fc.boolean(),
        async (names, deaths, after) => {
          const journals = mortal(memoryReplays(), [...deaths], after);
          await using opened = await ReplayStore.open(names, { journals });
          const effects = new Map<number, number>();
          const handlers = ({ event_sequence: at }: StoredEvent) =>
            void effects.set(at, (effects.get(at) ?? 0) + 1);
          const plan = await persist(opened, handlers);
          for (const step of plan.steps) {
            const count = effects.get(step.event_sequence) ?? 0;
            if (step.effect === "none") expect(count).toBe(0);
            else if (step.effect === "once") expect(count).toBe(step.outcome === "unknown" ? count & 1 : 1);
            else expect(count).toBeGreaterThanOrEqual(1);
          }
          const markers = (await opened.markers()).filter(({ metadata }) => metadata["replay_id"] === "r");
          expect(markers).toHaveLength(1);
          const { done, failed, unknown, skip } = plan.counts;
          expect(markers[0]?.metadata).toMatchObject({ replayed_count: done, failed_count: failed });
          expect(markers[0]?.metadata["unknown_count"] ?? 0).toBe(unknown);
          expect(done + unknown).toBe(plan.steps.filter(({ effect }) => effect !== "none").length);
          expect(skip).toBeGreaterThanOrEqual(plan.steps.filter(({ effect }) => effect === "none").length);
        },
      ),
      { numRuns: 200 },
    );
  });
});

/** Begins a replay and resumes it until it lives to its end. */
async function persist(opened: ReplayStore, handlers: (event: StoredEvent) => void): Promise<ReplayPlan> {
  const begin = { replayId: "r", allowOnce: ["CommentPosted", "PRMerged"] };
  for (let first = true; ; first = opened.parts.journals.read("r")?.length === undefined) {
    try {
      return await opened.replay({ ...(first ? begin : { resume: "r" }), handlers, dryRun: false });
    } catch (error) {
      if (!(error instanceof Death)) throw error;
    }
  }
}

class Death extends Error {}

/** Journals of processes that die at certain writes, before or after the entry has reached the disk. */
function mortal(journals: ReplayJournals, deaths: number[], after: boolean): ReplayJournals {
  const dying = async (opening: ReturnType<ReplayJournals["open"]>) => {
    const journal = await opening;
    let left = deaths.shift() ?? Number.POSITIVE_INFINITY;
    return (
      journal && {
        found: journal.found,
        close: () => journal.close(),
        async append(entry: ReplayEntry) {
          // The first entry is what makes a replay one that can be resumed.
          const dies = left-- === 0 && entry.kind !== "begin";
          if (!dies || after) await journal.append(entry);
          if (dies) throw new Death();
        },
      }
    );
  };
  return {
    create: async (id) => (await dying(journals.create(id)))!,
    open: (id) => dying(journals.open(id)),
    read: (id) => journals.read(id),
    list: () => journals.list(),
  };
}
