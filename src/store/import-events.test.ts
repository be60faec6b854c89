import { describe, expect, it } from "vitest";

import type { EventInput } from "../event/envelope.ts";
import { EsoError, ValidationError } from "../errors.ts";
import { openStore } from "../open.ts";
import type { EventStore } from "./event-store.ts";
import {
  type ImportEntry,
  importEvents,
  type ImportOptions,
  type ImportReport,
  knownKeys,
} from "./import-events.ts";

const ID = "11111111-1111-4111-8111-11111111111";

function entry(at: number, changes: Partial<EventInput> = {}): ImportEntry {
  const input = {
    event_type: "PhaseStarted",
    actor: { type: "user", id: "ada" } as const,
    metadata: { phase: "PLAN" },
  };
  return {
    where: `line ${at}`,
    input: { ...input, issue_key: "PROJ-1", event_id: `${ID}${at}`, ...changes },
  };
}

async function* inChunks(...chunks: (readonly ImportEntry[])[]): AsyncGenerator<readonly ImportEntry[]> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

function run(
  store: EventStore,
  entries: readonly ImportEntry[],
  options: ImportOptions = {},
): Promise<ImportReport> {
  return importEvents(store, inChunks(entries.slice(0, 3), entries.slice(3)), options);
}

const places = ({ rejections }: ImportReport): string[] => rejections.map(({ where }) => where);

describe("importEvents", () => {
  const wrong = { metadata: { phase: "LUNCH" } };
  const mixed = [entry(1), entry(2, wrong), entry(3), entry(4), entry(5, wrong), entry(6, wrong), entry(7)];

  it("stops behind the first rejected entry and keeps what stands before it", async () => {
    await using store = await openStore({ engine: "memory" });
    const report = await run(store, mixed);
    expect(report).toMatchObject({ added: 1, known: 0, rejected: 1 });
    expect(report.rejections[0]?.error.message).toMatch(/^PhaseStarted is not valid: \$\.metadata\.phase/);
    expect((await store.log.head()).position).toBe(1);
  });

  it("goes on when told to, in order", async () => {
    await using store = await openStore({ engine: "memory" });
    const report = await run(store, mixed, { keepGoing: true });
    expect(report).toMatchObject({ added: 4, rejected: 3 });
    expect(places(report)).toEqual(["line 2", "line 5", "line 6"]);
    const ids = await Array.fromAsync(store.readStream("PROJ-1"), (event) => event.event_id.at(-1));
    expect(ids).toEqual(["1", "3", "4", "7"]);
  });

  it("writes nothing on a dry run", async () => {
    await using store = await openStore({ engine: "memory" });
    expect(await run(store, mixed, { keepGoing: true, dryRun: true })).toMatchObject({
      added: 4,
      rejected: 3,
    });
    expect((await store.log.head()).position).toBe(0);
  });

  it("finds the entry behind a conflict, and knows what is there already", async () => {
    await using store = await openStore({ engine: "memory" });
    await run(store, [entry(1)]);
    const report = await run(store, [entry(1), entry(2), entry(1, { branch: "b" }), entry(3)], {
      keepGoing: true,
    });
    expect(report).toMatchObject({ added: 2, known: 1, rejected: 1 });
    expect(places(report)).toEqual(["line 1"]);
    expect(await run(store, [entry(1), entry(2), entry(3)])).toMatchObject({ added: 0, known: 3 });
  });

  it("rejects entries that came with an error, and leaves out another store's housekeeping", async () => {
    await using store = await openStore({ engine: "memory" });
    const error = new ValidationError("ESO_INVALID_EVENT", "no JSON");
    const entries = [
      entry(1),
      { where: "line 2", error },
      entry(3, { event_type: "StoreRecovered" }),
      entry(4),
    ];
    const report = await run(store, entries, { keepGoing: true });
    expect(report).toMatchObject({ added: 2, rejected: 1, skipped: { StoreRecovered: 1 } });
    expect(places(report)).toEqual(["line 2"]);
  });

  it("passes on what is not the entries' fault", async () => {
    const store = await openStore({ engine: "memory" });
    await store.close();
    await expect(run(store, [entry(1)], { keepGoing: true })).rejects.toBeInstanceOf(EsoError);
  });
});

describe("knownKeys", () => {
  it("names the keys that stand for a fact", async () => {
    await using store = await openStore({ engine: "memory" });
    expect(await knownKeys(store.log, ["commit:1"])).toEqual(new Set());
    await run(store, [entry(1, { idempotency_key: "commit:1" })]);
    expect(await knownKeys(store.log, ["commit:1", "commit:2"])).toEqual(new Set(["commit:1"]));
  });
});
