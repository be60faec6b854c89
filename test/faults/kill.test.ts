import { expect, test } from "vitest";

import { killRounds, retryAfterKill } from "./kill-rounds.ts";
import { temporaryFolder } from "./support.ts";

test("12 rounds of 4 writers that are killed lose nothing acknowledged, leave no gap and no duplicate", async () => {
  using folder = temporaryFolder();
  const checked = await killRounds({
    folder: folder.path,
    rounds: 12,
    writers: 4,
    seed: 20_261_124,
    checkEvery: 6,
  });
  expect(checked.events.length).toBeGreaterThan(100);
});

test.each([1, 17, 55])(
  "a retry with the same ids after a kill behind %i appends gives each event once",
  async (appends) => {
    using folder = temporaryFolder();
    const checked = await retryAfterKill(folder.path, appends);
    expect(checked.streams.get("PROJ-1")?.length).toBe(60);
  },
);
