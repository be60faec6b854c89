import { describe, expect, it } from "vitest";

import { readArguments } from "./arguments.ts";
import type { CommandSpec } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { findCommand } from "./find-command.ts";
import { UsageError } from "./usage-error.ts";

const SPEC: CommandSpec = {
  name: "sample",
  summary: "Sample",
  arguments: [{ name: "issue" }, { name: "moment", optional: true }],
  options: [
    { name: "type", short: "t", value: "A,B", summary: "Types", repeats: true },
    { name: "from", value: "T", summary: "From" },
    { name: "limit", short: "n", value: "N", summary: "Limit" },
    { name: "all", short: "a", summary: "All" },
  ],
  examples: [],
  load: () => Promise.reject(new Error("never run")),
};

describe("readArguments", () => {
  it("reads options, switches, lists and arguments in any order", () => {
    const given = readArguments(SPEC, ["--type=A,B", "PROJ-1", "-t", "C", "-n5", "-a", "--store", "x"]);
    expect(given.list("type")).toEqual(["A", "B", "C"]);
    expect(given.count("limit")).toBe(5);
    expect(given.flag("all")).toBe(true);
    expect(given.text("store")).toBe("x");
    expect(given.required("issue")).toBe("PROJ-1");
    expect(given.argument("moment")).toBeUndefined();
  });

  it("takes moments such as -2h for values and arguments", () => {
    const given = readArguments(SPEC, ["PROJ-1", "-2h", "--from", "-1h30m"]);
    expect(given.argument("moment")).toBe("-2h");
    expect(given.text("from")).toBe("-1h30m");
  });

  it("takes everything behind -- as arguments", () => {
    expect(readArguments(SPEC, ["--", "--all", "-n"]).positionals).toEqual(["--all", "-n"]);
  });

  it("gives the options back for another command line", () => {
    const given = readArguments(SPEC, ["PROJ-1", "--type", "A", "-a", "-n", "5"]);
    expect(given.without("limit")).toEqual(["--type", "A", "--all"]);
  });

  it.each([
    [["PROJ-1", "--tpye", "A"], "has no option --tpye", "Did you mean --type?"],
    [["PROJ-1", "-x"], "has no option -x", "--help"],
    [["PROJ-1", "--from"], "--from needs a value", "--from T"],
    [["PROJ-1", "--from", "--all"], "--from needs a value", "--from T"],
    [["PROJ-1", "--all=yes"], "--all takes no value", undefined],
    [[], "needs <issue>", "--help"],
    [["a", "b", "c"], 'does not take "c"', "--help"],
  ])("refuses %j", (words, message, hint) => {
    try {
      readArguments(SPEC, words);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError);
      const usage = error as UsageError;
      expect(usage.message).toContain(message);
      if (hint !== undefined) expect(usage.hint).toContain(hint);
    }
  });

  it("refuses values that cannot be", () => {
    const given = readArguments(SPEC, ["PROJ-1", "-n", "1e3", "--type", "A,,B", "--from", ""]);
    expect(() => given.count("limit")).toThrow("whole number");
    expect(() => given.list("type")).toThrow("empty value");
    expect(() => given.text("from")).toThrow("is empty");
    expect(() => given.flag("nonsense")).toThrow("no option --nonsense");
  });
});

describe("findCommand", () => {
  it("finds commands behind the options of every command", () => {
    const { spec, words } = findCommand(["--store", "x", "show", "PROJ-1", "--all"]);
    expect(spec.name).toBe("show");
    expect(words).toEqual(["--store", "x", "PROJ-1", "--all"]);
  });

  it.each([
    [[], "help"],
    [["--help"], "help"],
    [["--version"], "version"],
    [["import", "git", "."], "import git"],
    [["import", "--help"], "help"],
  ])("finds the command of %j", (words, name) => {
    expect(findCommand(words).spec.name).toBe(name);
  });

  it.each([
    [["shwo"], "Did you mean eso show"],
    [["import"], "git, jsonl"],
    [["import", "gti"], "Did you mean eso import git?"],
    [["--nonsense"], "eso help"],
  ])("refuses %j with a hint", (words, hint) => {
    try {
      findCommand(words);
      expect.unreachable();
    } catch (error) {
      expect((error as UsageError).hint).toContain(hint);
    }
  });
});

describe("the table of commands", () => {
  const examples = COMMANDS.flatMap(({ name, examples }) =>
    examples.map(({ command }) => [name, command] as const),
  );

  it.each(examples)("%s has an example that it understands: %s", (name, command) => {
    const [, ...words] = wordsOf(command.split(/ [|>] /).find((part) => part.startsWith(`eso ${name}`))!);
    const found = findCommand(words);
    expect(found.spec.name).toBe(name);
    readArguments(found.spec, found.words);
  });

  it("names every command and option once, and explains it", () => {
    expect(new Set(COMMANDS.map(({ name }) => name)).size).toBe(COMMANDS.length);
    for (const { name, summary, examples, options = [], hidden } of COMMANDS) {
      expect(summary, name).toMatch(/^[A-Z].*[^.]$/);
      if (hidden !== true) expect(examples.length, name).toBeGreaterThan(0);
      const names = options.flatMap((option) => [
        option.name,
        ...(option.short === undefined ? [] : [option.short]),
      ]);
      expect(new Set(names).size, name).toBe(names.length);
    }
  });
});

function wordsOf(command: string): string[] {
  return [...command.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) => word.replaceAll(/['"]/g, ""));
}
