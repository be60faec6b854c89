import { execFileSync } from "node:child_process";

import { expect, test } from "vitest";

import { filesMatching, isTest, ROOT } from "./source-files.ts";

const LINES_MAX = 400;
const BANNED_FOLDERS = /(?:^|\/)(?:utils?|helpers?|managers?|services?|common|misc)(?:\/|\.ts$)/;
/** Spelled so that this file does not hold what it looks for. */
const LEFT_OVERS = /\b(?:TO{1}DO|FIX{1}ME|X{3}|HA{1}CK)\b/;
const BANNER = /^\s*(?:\/\/|\/?\*+)\s*(?:[-=*#~_]{4,}|[━─═]{2,})/;
const ANY = /(?::|<|\bas|(?<!\|)\|(?!\|)|(?<!&)&(?!&))\s*any\b/;
/** Nothing at all is done, or said, about the error. */
const EMPTY_CATCH = /\bcatch\s*(?:\([^)]*\))?\s*\{\s*\}|\.catch\(\s*\(\s*\)\s*=>\s*\{\s*\}\s*\)/;
/** Says who or what wrote a text, which the project never does. */
const AUTHORSHIP =
  /\b(?:(?:generated|written|made) (?:by|with) (?:an? )?(?:AI|LLM|Claude|Copilot|ChatGPT)|as an AI)\b/i;
const CO_AUTHOR = /^co-authored-by:/im;
const COMMIT_SUBJECT = /^ESO-\d+: \S/;

const code = filesMatching("src/**/*.ts", "test/**/*.ts", "bench/**/*.ts", "scripts/**/*.ts");
const texts = [...code, ...filesMatching("scripts/**/*.sh", "*.md", "docs/**/*.md")];

/** `path:line` of every line of these files that matches. */
function linesLike(pattern: RegExp, files: typeof code): readonly string[] {
  return files.flatMap(({ path, text }) =>
    text
      .split("\n")
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  );
}

/** Code without comments and string contents, line for line. */
function bare(files: typeof code): typeof code {
  return files.map(({ path, text }) => ({
    path,
    text: text
      .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ""))
      .replaceAll(/\/\/.*$/gm, "")
      .replaceAll(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '""')
      .replaceAll(/`(?:[^`\\]|\\.)*`/g, (template) => `\`${template.replaceAll(/[^\n]/g, "")}\``),
  }));
}

test("there is something to look at", () => {
  expect(code.length).toBeGreaterThan(100);
  expect(texts.length).toBeGreaterThan(code.length);
});

test(`files of the product have at most ${LINES_MAX} lines`, () => {
  const long = code
    .filter(({ path }) => path.startsWith("src/") && !path.startsWith("src/testing/") && !isTest(path))
    .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
    .filter(({ lines }) => lines > LINES_MAX);
  expect(long).toEqual([]);
});

test("names say what is inside", () => {
  expect(code.map(({ path }) => path).filter((path) => BANNED_FOLDERS.test(path))).toEqual([]);
});

test("nothing is left to do", () => expect(linesLike(LEFT_OVERS, texts)).toEqual([]));

test("comments are no banners", () => expect(linesLike(BANNER, code)).toEqual([]));

test("no type is given up", () => expect(linesLike(ANY, bare(code))).toEqual([]));

test("no error is swallowed without a word", () => {
  const swallowing = code
    .filter(({ path, text }) => !isTest(path) && EMPTY_CATCH.test(text))
    .map(({ path }) => path);
  expect(swallowing).toEqual([]);
});

test("the project speaks of itself alone", () => {
  const others = texts.filter(({ path }) => path !== "test/tidy.test.ts");
  expect(linesLike(AUTHORSHIP, others)).toEqual([]);
});

test("commits say what and why, under an issue's key", ({ skip }) => {
  let log = "";
  try {
    log = execFileSync("git", ["log", "--format=%s%x00%b%x01"], { cwd: ROOT, encoding: "utf8" });
  } catch (error) {
    skip(`git cannot read a history here: ${String(error).split("\n", 1)[0]}`);
  }
  const commits = log
    .split("\u0001")
    .map((commit) => commit.trim())
    .filter((commit) => commit !== "");
  expect(commits.length).toBeGreaterThan(0);
  const wrong = commits.filter((commit) => {
    const [subject = "", body = ""] = commit.split("\0");
    return !COMMIT_SUBJECT.test(subject) || AUTHORSHIP.test(commit) || CO_AUTHOR.test(body);
  });
  expect(wrong).toEqual([]);
});
