import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_ISSUE_KEY_PATTERN } from "../event/envelope.ts";
import { type KeySources, extractIssueKeys } from "./issue-keys.ts";

const PROJ = { projects: ["PROJ", "OTHER"] };

describe("extractIssueKeys without an allow-list", () => {
  it.each([
    ["PROJ-123: add login", ["PROJ-123"]],
    ["fix (PROJ-1), [AB_C2-99]; PROJ-1 again", ["PROJ-1", "AB_C2-99"]],
    ["https://jira.example.org/browse/PROJ-7?x=1", ["PROJ-7"]],
    ["proj-123 in lower case", []],
    ["UTF-8, SHA-256, MD-5, GPT-4, HTTP-2, TLS-1.2, RFC-7231, ISO-8601", []],
    ["CVE-2026-1234 and CWE-79", []],
    ["release REL-2026-07-01", []],
    ["PROJ-0 PROJ-012 PROJ-12345678 P-1 xPROJ-1 PROJ-1x my-PROJ-1 PROJ-1_a", []],
    ["ABCDEFGHIJ-1 ABCDEFGHIJK-1", ["ABCDEFGHIJ-1"]],
  ])("%s", (subject, keys) => {
    expect(extractIssueKeys({ subject })).toEqual(keys);
  });

  it("denies what it is told to deny, besides the well-known words", () => {
    expect(extractIssueKeys({ subject: "ACME-1 PROJ-2 UTF-8" }, { deny: ["acme"] })).toEqual(["PROJ-2"]);
  });
});

describe("extractIssueKeys with an allow-list", () => {
  it("takes listed projects only, of any legal length, even words that are denied otherwise", () => {
    const long = "A".repeat(32);
    const rules = { projects: ["CVE", "proj", long] };
    const subject = `CVE-2026-1234 PROJ-1234567890 ${long}-1 OTHER-1`;
    expect(extractIssueKeys({ subject }, rules)).toEqual(["CVE-2026", "PROJ-1234567890", `${long}-1`]);
  });

  it.each([
    ["feature/proj-123-x", ["PROJ-123"]],
    ["refs/heads/Proj-5", ["PROJ-5"]],
    ["bugfix-proj-9-other-3", ["PROJ-9", "OTHER-3"]],
    ["my_proj-9", []],
    ["feature/fix-12-things", []],
  ])("matches the branch %s in any case", (branch, keys) => {
    expect(extractIssueKeys({ branch }, PROJ)).toEqual(keys);
  });

  it("an empty list is no list", () => {
    expect(extractIssueKeys({ subject: "ANY-1" }, { projects: [] })).toEqual(["ANY-1"]);
  });
});

it("orders keys by authority and names each once", () => {
  const sources: KeySources = {
    body: "PROJ-7 PROJ-6 PROJ-1",
    trailers: ["PROJ-6", "PROJ-5"],
    subject: "PROJ-5 PROJ-4",
    prTitle: "PROJ-4 PROJ-3",
    branch: ["PROJ-3", "feature/PROJ-2"],
    explicit: "spotter-4te",
  };
  const keys = extractIssueKeys(sources, PROJ);
  expect(keys).toEqual(["spotter-4te", "PROJ-3", "PROJ-2", "PROJ-4", "PROJ-5", "PROJ-6", "PROJ-7", "PROJ-1"]);
  expect(extractIssueKeys(sources, { ...PROJ, accepts: (key) => key === "PROJ-7" })).toEqual([
    "spotter-4te",
    "PROJ-7",
  ]);
});

it("finds only legal keys that stand in the text", () => {
  const part = fc.constantFrom(
    "PROJ-1",
    "AB-",
    "A",
    "-",
    "_",
    "0",
    "9",
    "é",
    " ",
    "\n",
    "x",
    "UTF-8",
    "CVE-2026-1",
  );
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(part).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(text, fc.option(fc.constant(["PROJ", "AB"]), { nil: undefined }), (body, projects) => {
      const keys = extractIssueKeys({ body }, projects ? { projects } : {});
      expect(new Set(keys).size).toBe(keys.length);
      for (const key of keys) {
        expect(key).toMatch(new RegExp(DEFAULT_ISSUE_KEY_PATTERN));
        expect(body).toContain(key);
        expect(key).not.toMatch(/^(?:UTF|CVE)-/);
      }
    }),
  );
});

it.each(["A-", "A", "AA ", "PROJ-1", "PROJ-1 ", "A1_", "-", "9", "PROJ-", " A", "proj-", "\u0000A-1"])(
  "takes linear time on a hostile %j",
  (unit) => {
    const time_ms = (bytes: number): number => {
      const body = unit.repeat(bytes / unit.length);
      const began = performance.now();
      for (const rules of [{}, PROJ]) extractIssueKeys({ body, branch: body }, rules);
      return performance.now() - began;
    };
    time_ms(65_536);
    // Quadratic time would be hours for a mebibyte.
    expect(time_ms(1_048_576)).toBeLessThan(2_000);
  },
);
