import { describe, expect, it } from "vitest";

import { parseMoment, parseTime } from "./moment.ts";
import { UsageError } from "./usage-error.ts";

const NOW = Date.parse("2026-11-24T15:30:00.000Z");
const utc = { now: NOW, utc: true };

describe("parseMoment", () => {
  it.each([
    ["2026-11-24T14:00:00Z", "2026-11-24T14:00:00.000Z"],
    ["2026-11-24t14:00:00.25z", "2026-11-24T14:00:00.250Z"],
    ["2026-11-24T14:00:00+02:00", "2026-11-24T12:00:00.000Z"],
    ["2026-11-24T14:00", "2026-11-24T14:00:00.000Z"],
    ["2026-11-24 14:00:05", "2026-11-24T14:00:05.000Z"],
    ["14:00", "2026-11-24T14:00:00.000Z"],
    ["9:05:07", "2026-11-24T09:05:07.000Z"],
    ["-2h", "2026-11-24T13:30:00.000Z"],
    ["-1h30m", "2026-11-24T14:00:00.000Z"],
    ["-45s", "2026-11-24T15:29:15.000Z"],
    ["-3d", "2026-11-21T15:30:00.000Z"],
    ["-1w", "2026-11-17T15:30:00.000Z"],
    ["now", "2026-11-24T15:30:00.000Z"],
  ])("reads %s as a time", (text, iso) => {
    expect(parseMoment(text, utc)).toEqual({ kind: "time", ms: Date.parse(iso) });
    expect(parseTime(text, utc)).toBe(iso);
  });

  it("reads a clock in local time unless UTC is asked for", () => {
    const local = new Date(NOW);
    local.setHours(14, 0, 0, 0);
    expect(parseMoment("14:00", { now: NOW })).toEqual({ kind: "time", ms: local.getTime() });
  });

  it("reads days, sequences and marks", () => {
    expect(parseMoment("2026-11-24", utc)).toEqual({ kind: "day", date: "2026-11-24" });
    expect(parseTime("2026-11-24", utc)).toBe("2026-11-24");
    expect(parseMoment("seq:412", utc)).toEqual({ kind: "sequence", sequence: 412 });
    expect(parseMoment("@error", utc)).toEqual({ kind: "mark", mark: "error" });
  });

  it.each([
    "",
    "yesterday",
    "25:00",
    "14:60",
    "2026-02-30",
    "2026-02-30T10:00Z",
    "2026-13-01T00:00Z",
    "-2",
    "-2y",
    "2h",
  ])("refuses %j", (text) => {
    expect(() => parseMoment(text, utc)).toThrow(UsageError);
  });

  it.each([
    "@middle",
    "seq:",
    "seq:-1",
    "seq:99999999999999999999",
    `-${"9".repeat(400)}d`,
    "2026-11-24T14:00:00+99:99",
  ])("refuses %j", (text) => {
    expect(() => parseMoment(text, utc)).toThrow(UsageError);
  });

  it("refuses places where a time is needed", () => {
    expect(() => parseTime("seq:4", utc)).toThrow("not a time");
    expect(() => parseTime("@start", utc)).toThrow(UsageError);
  });
});
