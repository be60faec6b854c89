import { join } from "node:path";

import { expect, test } from "vitest";

import { temporaryFolder } from "./support.ts";
import { tearApply, tearFiles, tearJournal, zeroFiles } from "./torn-tails.ts";

/** Every 13th byte here, at another offset each; `npm run test:soak` takes every byte. */
const STEP = 13;

test("a file torn at any byte of its last three lines is mended from the journal, once", async () => {
  using folder = temporaryFolder();
  expect(await tearFiles(join(folder.path, "store"), { first: 0, step: STEP })).toBeGreaterThan(50);
});

test("a file whose last three lines are zeros from any byte on is mended from the journal", async () => {
  using folder = temporaryFolder();
  expect(await zeroFiles(join(folder.path, "store"), { first: 3, step: STEP })).toBeGreaterThan(50);
});

test("a journal torn at any byte of its last three frames keeps the whole ones, and the rest aside", async () => {
  using folder = temporaryFolder();
  expect(await tearJournal(join(folder.path, "store"), { first: 5, step: STEP })).toBeGreaterThan(50);
});

test("a kill at any byte while acknowledged lines go to their file leaves nothing to do by hand", async () => {
  using folder = temporaryFolder();
  expect(await tearApply(folder.path, { first: 7, step: STEP })).toBeGreaterThan(50);
});
