import { describe, expect, it } from "vitest";
import { coAuthors, issueTrailers, mergedBranches, parseMessage, smartCommit } from "./commit-message.ts";

describe("parseMessage", () => {
  it("tells subject, body and trailers apart", () => {
    const parsed = parseMessage(
      "Add\r\nlogin \r\n\r\nWhy.\n\nRefs: PROJ-2\n  PROJ-3\nSigned-off-by: A <a@b>\n",
    );
    expect(parsed.subject).toBe("Add login");
    expect(parsed.body).toMatch(/^Why\.\n\nRefs/);
    expect(parsed.trailers).toEqual([
      { name: "Refs", value: "PROJ-2 PROJ-3" },
      { name: "Signed-off-by", value: "A <a@b>" },
    ]);
    expect(issueTrailers(parsed.trailers)).toEqual(["PROJ-2 PROJ-3"]);
  });

  it.each(["", "\n\n", "subject only", "subject\n\nNote: this\nis prose"])(
    "finds no trailers in %j",
    (message) => {
      expect(parseMessage(message).trailers).toEqual([]);
    },
  );

  it("takes linear time on hostile messages", () => {
    const began = performance.now();
    for (const unit of [" ", "\n", "a: ", "\n \n", "a:\n", "co-authored-by: ", "#time ", "Merge '", "-"]) {
      const text = `Merge branch 'x\n\n${unit.repeat(1_048_576 / unit.length)}`;
      parseMessage(text);
      parseMessage(unit.repeat(1_048_576 / unit.length) + "x");
      smartCommit(`# ${text}`);
      coAuthors(text);
      mergedBranches(text);
    }
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

it.each([
  ["Merge branch 'feature/PROJ-12-x'", { from: "feature/PROJ-12-x" }],
  ["Merge branch 'main' into feature/proj-3", { from: "main", into: "feature/proj-3" }],
  ["Merge branch 'a' into 'b'", { from: "a", into: "b" }],
  ["Merge branch 'a' of https://example.org/r into b", { from: "a", into: "b" }],
  ["Merge remote-tracking branch 'origin/proj-1'", { from: "origin/proj-1" }],
  ["Merge pull request #12 from ada/proj-1-x", { from: "ada/proj-1-x" }],
  ["Merge pull request #12 in T/r from feature/x to main", { from: "feature/x", into: "main" }],
  ["Merged in feature/x (pull request #3)", { from: "feature/x" }],
  ["Merge the two branches", undefined],
  ["Add Merge branch 'x'", undefined],
])("mergedBranches(%j)", (subject, expected) => {
  expect(mergedBranches(subject)).toEqual(expected);
});

it.each([
  ["PROJ-1 #comment done #time 2h", { commands: true }],
  ["PROJ-1 #time 1d 2h #transition In Review", { commands: true, transition: "In Review" }],
  ["PROJ-1\n#transition Done\nmore", { commands: true, transition: "Done" }],
  ["PROJ-1 #in-progress", { commands: true, transition: "in-progress" }],
  ["PROJ-1 #transition", { commands: true }],
  ["fixes #12, C# and a#comment, #timeless", { commands: false }],
])("smartCommit(%j)", (message, expected) => {
  expect(smartCommit(message)).toEqual(expected);
});
