import { expect, test } from "vitest";

import { summarise } from "./event-summary.ts";
import { fold } from "./projection.ts";
import { randomHistory } from "./testdata/random-history.ts";
import { timeline } from "./timeline.ts";

test("every event is there once, in order of time, with its summary; late ones say so", () => {
  let late = 0;
  for (let seed = 0; seed < 20; seed++) {
    const history = randomHistory(seed, 200);
    const entries = fold(timeline, history);
    expect(entries.map(({ event_id }) => event_id).toSorted()).toEqual(
      history.map(({ event_id }) => event_id).toSorted(),
    );
    for (const [index, entry] of entries.entries()) {
      const event = history[entry.sequence - 1]!;
      expect(entry).toMatchObject({
        ...summarise(event),
        type: event.event_type,
        phase: event.phase ?? null,
      });
      const before = entries[index - 1];
      if (before !== undefined) expect(before.timestamp <= entry.timestamp).toBe(true);
      const earlier = history.slice(0, entry.sequence - 1);
      expect(entry.late).toBe(earlier.some(({ timestamp }) => timestamp > event.timestamp));
      if (entry.late) late++;
    }
  }
  expect(late).toBeGreaterThan(100);
});
