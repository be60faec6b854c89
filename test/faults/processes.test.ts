import { expect, test } from "vitest";

import { crowd, watchOthers } from "./processes.ts";
import { temporaryFolder } from "./support.ts";

test("8 processes x 500 appends to one issue give 4,000 lines, dense, each acknowledged place found", async () => {
  using folder = temporaryFolder();
  const checked = await crowd({ folder: folder.path, writers: 8, job: { streams: ["PROJ-1"], events: 500 } });
  const own = checked.streams.get("PROJ-1") ?? [];
  expect(own.length).toBe(4000);
  expect(own.map(({ event_sequence }) => event_sequence)).toEqual(
    Array.from({ length: 4000 }, (_, index) => index + 1),
  );
  expect(checked.events.length).toBe(4000);
});

test("8 processes with batches over several streams, small journals, and readers that follow", async () => {
  using folder = temporaryFolder();
  const job = {
    streams: ["PROJ-1", "PROJ-2", "global"],
    events: 240,
    batch: 6,
    width: 2,
    journalMaxBytes: 40_000,
  };
  const checked = await crowd({ folder: folder.path, writers: 8, job, tails: 2 });
  expect(checked.events.filter(({ event_type }) => event_type === "CommentPosted").length).toBe(8 * 240);
});

test("a reader that never writes sees no event disappear, change or come out of order", async () => {
  using folder = temporaryFolder();
  expect(await watchOthers(folder.path, { journalMaxBytes: 60_000 })).toBeGreaterThan(1);
});
