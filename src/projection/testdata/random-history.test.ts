import { expect, test } from "vitest";

import { createCodec } from "../../event/codec.ts";
import { EVENT_TYPE_NAMES } from "../../event/registry.ts";
import { historyInputs, randomHistory } from "./random-history.ts";

const SEEDS = Array.from({ length: 20 }, (_, seed) => seed);

test("a history is as long as asked for, dense, and recorded in order", () => {
  for (const seed of SEEDS) {
    const history = randomHistory(seed, 200);
    expect(history.map(({ event_sequence }) => event_sequence)).toEqual(
      Array.from({ length: 200 }, (_, index) => index + 1),
    );
    expect(new Set(history.map(({ event_id }) => event_id)).size).toBe(200);
    const recorded = history.map(({ recorded_at }) => recorded_at);
    expect(recorded).toEqual(recorded.toSorted());
    expect(randomHistory(seed, 200)).toEqual(history);
  }
});

test("the histories hold every type, late events, equal moments and void ones", () => {
  const all = SEEDS.flatMap((seed) => randomHistory(seed, 200));
  const types = new Set(all.map(({ event_type }) => event_type));
  const own = ["CustomThing", "StoreFactSeen", "StoreEventVoided"];
  expect([...EVENT_TYPE_NAMES, ...own].filter((type) => !types.has(type))).toEqual([]);
  const pairs = all.slice(1).map((event, index) => [all[index]?.timestamp ?? "", event.timestamp] as const);
  expect(pairs.filter(([before, after]) => after < before).length).toBeGreaterThan(100);
  expect(pairs.filter(([before, after]) => after === before).length).toBeGreaterThan(100);
});

test("the inputs are such as callers can log", async () => {
  const codec = await createCodec({ defaultSessionId: "s" });
  for (const seed of SEEDS) {
    const { inputs, voided } = historyInputs(seed, 200);
    const ids = inputs.map((input) => codec.prepare(input).event_id);
    expect(voided.filter((id) => !ids.includes(id))).toEqual([]);
  }
  expect(SEEDS.some((seed) => historyInputs(seed, 200).voided.length > 2)).toBe(true);
});
