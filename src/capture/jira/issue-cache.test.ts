import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";

import { IssueCache } from "./issue-cache.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eso-issues-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const facts = { host: "acme.atlassian.net", id: "10012", key: "PROJ-12", summary: "x" };

it("remembers issues for other processes", () => {
  expect(new IssueCache(folder).learn([facts])).toBe(true);
  const other = new IssueCache(folder);
  expect(other.issue(facts.host, facts.id)).toEqual(facts);
  expect(other.learn([facts])).toBe(false);
  expect(other.issue("other.example", facts.id)).toBeUndefined();
});

it("adds what later payloads tell and keeps what they leave out", () => {
  const cache = new IssueCache(folder);
  cache.learn([facts]);
  const { summary: _left, ...less } = facts;
  expect(cache.learn([less])).toBe(false);
  expect(cache.learn([{ ...less, key: "MOVED-1" }])).toBe(true);
  expect(new IssueCache(folder).issue(facts.host, facts.id)).toEqual({ ...facts, key: "MOVED-1" });
});

it("keeps to its folder, whatever hosts and numbers say", () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom("..", "../..", "/etc", "a/b", "\0", "CON", "x".repeat(4_000)),
  );
  fc.assert(
    fc.property(text, text, (host, id) => {
      const cache = new IssueCache(join(folder, "room"));
      cache.learn([{ host: host.toWellFormed(), id: id.toWellFormed(), key: "A-1" }]);
      expect(readdirSync(folder)).toEqual(["room"]);
      expect(readdirSync(join(folder, "room"))).toEqual(["issues"]);
    }),
    { numRuns: 200 },
  );
  expect(statSync(join(folder, "room", "issues")).mode & 0o077).toBe(0);
});
