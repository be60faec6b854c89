import { expect, test } from "vitest";

import { ConfigError } from "../errors.ts";
import { issueKeyRule } from "./issue-key.ts";

const UNSAFE = [
  "",
  "..",
  ".",
  "../../etc",
  "PROJ-1/../../x",
  String.raw`PROJ-1\..\x`,
  "PROJ-1\0x",
  "%2e%2e%2f",
  "ＰＲＯＪ-1",
  "PROJ-1\n",
  "PROJ-1 ",
  "PROJ..1",
  "PROJ-1.",
  "-rf",
  "CON",
  "con",
  "NUL.txt",
  "com1",
  "LPT9",
  "global",
  "GLOBAL",
  "index.json",
  "x".repeat(65),
  "P".repeat(5_000),
];

test("the default rule takes keys of trackers", async () => {
  const fault = await issueKeyRule();
  for (const key of ["PROJ-1", "A1-9999999999", "AB_C-42", `A${"B".repeat(31)}-1`])
    expect(fault(key)).toBeUndefined();
  for (const key of ["proj-1", "PROJ-0", "PROJ-01", "P-1", "1P-1", "PROJ", "PROJ-12345678901"]) {
    expect(fault(key), key).toMatch(/pattern/);
  }
});

test("no pattern admits a key that is unsafe as a folder's name", async () => {
  const byDefault = await issueKeyRule();
  const anything = await issueKeyRule(String.raw`(?s).*`);
  for (const key of UNSAFE) {
    expect(byDefault(key), key).toBeDefined();
    expect(anything(key), key).toBeDefined();
  }
  expect(anything("owner#12")).toBeUndefined();
  expect(anything("x".repeat(64))).toBeUndefined();
});

test("a configured pattern must match the whole key", async () => {
  const fault = await issueKeyRule(String.raw`GH-\d+`);
  expect(fault("GH-12")).toBeUndefined();
  expect(fault("GH-12x")).toMatch(/GH-/);
  expect(fault("xGH-12")).toMatch(/GH-/);
});

test("a configured pattern cannot make the door slow", async () => {
  const fault = await issueKeyRule("^(a+)+$");
  const start = performance.now();
  expect(fault(`${"a".repeat(60)}X`)).toMatch(/pattern/);
  expect(performance.now() - start).toBeLessThan(500);
});

test("a pattern that RE2 cannot run is a configuration error", async () => {
  await expect(issueKeyRule("(?=A)A-1")).rejects.toThrow(ConfigError);
  await expect(issueKeyRule("([A-Z]")).rejects.toThrow(/not a usable expression/);
});
