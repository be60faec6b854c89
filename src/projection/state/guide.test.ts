import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { notStarted } from "./orchestration-state.ts";

test("the guide explains every key of the state", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/guide/state.md"), "utf8");
  const [, table = ""] = page.split("\n## Keys\n");
  const [keys = ""] = table.split("\n## ", 1);
  const explained = keys.split("\n").flatMap((row) => (row.split("|")[1] ?? "").match(/[a-z_]+(?=`)/g) ?? []);
  expect(explained.toSorted()).toEqual(Object.keys(notStarted(null)).sort());
});
