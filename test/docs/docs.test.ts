import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { promisify } from "node:util";

import { expect, test } from "vitest";

import { ERROR_REFERENCE, ADVICE, renderErrorReference } from "../../scripts/generate-error-docs.ts";
import { optionsOf, readArguments } from "../../src/cli/arguments.ts";
import type { CommandSpec } from "../../src/cli/command.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { findCommand } from "../../src/cli/find-command.ts";
import { TOPICS } from "../../src/cli/topics.ts";
import { CONFIG_KEYS } from "../../src/config/config.ts";
import { ERROR_CODES } from "../../src/errors.ts";
import { EVENT_TYPE_NAMES } from "../../src/event/registry.ts";
import { STORE_README } from "../../src/store/store-readme.ts";
import { filesMatching, isTest, ROOT } from "../source-files.ts";
import { commandsIn, commandsNamedIn, esoCommands } from "./commands.ts";
import { asModule, type ExportedName, examplesIn, exportsOf, fencedCode, type Snippet } from "./snippets.ts";

const pages = filesMatching("*.md", "docs/**/*.md");
const guides = pages.filter(({ path }) => path === "README.md" || path.startsWith("docs/guide/"));
const snippets = pages.flatMap(fencedCode);
const reference = (name: string): string => readFileSync(join(ROOT, "docs/reference", name), "utf8");

test("there is something to check", () => {
  expect(guides.length).toBeGreaterThanOrEqual(8);
  expect(pages.filter(({ path }) => path.startsWith("docs/decisions/")).length).toBeGreaterThanOrEqual(8);
  expect(snippets.filter(({ language }) => language === "ts").length).toBeGreaterThanOrEqual(10);
  expect(snippets.flatMap(commandsIn).length).toBeGreaterThan(60);
});

const ENTRIES = filesMatching("src/index.ts", "src/testing/index.ts");
const publicApi = ENTRIES.map(exportsOf);
const publicNames = publicApi.flatMap(({ names }) => names);
const publicExamples = filesMatching(...publicApi.flatMap(({ modules }) => modules)).flatMap((file) =>
  examplesIn(file, publicNames),
);

test("every TypeScript snippet compiles", async () => {
  expect(publicExamples.length).toBeGreaterThanOrEqual(4);
  const written = pages.filter(({ path }) => !path.startsWith("docs/decisions/")).flatMap(fencedCode);
  const all = [...written.filter(({ language }) => language === "ts"), ...publicExamples];
  expect(await compile(all, publicNames)).toEqual("");
});

/** What tsc says about the snippets, each a module of its own; nothing when they are right. */
async function compile(all: readonly Snippet[], names: readonly ExportedName[]): Promise<string> {
  const folder = join(ROOT, `.tmp-docs-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    for (const [index, snippet] of all.entries()) {
      writeFileSync(join(folder, `snippet-${index}.ts`), asModule(snippet, names));
    }
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(TSCONFIG));
    const tsc = join(ROOT, "node_modules/.bin/tsc");
    const { stdout } = await promisify(execFile)(tsc, ["-p", folder], { cwd: ROOT }).catch(
      (error: { stdout?: string }) => {
        if (error.stdout === undefined || error.stdout === "") throw error;
        return { stdout: error.stdout };
      },
    );
    return stdout.replaceAll(/\S*snippet-(\d+)\.ts\(\d+,\d+\)/g, (_, index) => {
      const { path, line } = all[Number(index)] ?? { path: "?", line: 0 };
      return `${path}, snippet at line ${line}`;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const TSCONFIG = {
  extends: "../tsconfig.json",
  compilerOptions: {
    paths: {
      "event-sourcing-orchestrator": ["../src/index.ts"],
      "event-sourcing-orchestrator/testing": ["../src/testing/index.ts"],
    },
    noUnusedLocals: false,
    noUnusedParameters: false,
  },
  include: ["*.ts"],
};

/** Why `eso` would not take these words; undefined when it would. */
function refusal(words: readonly string[]): string | undefined {
  try {
    const { spec, words: rest } = findCommand(words);
    readArguments(spec, rest);
    return undefined;
  } catch (error) {
    return `eso ${words.join(" ")}: ${String(error)}`;
  }
}

test.each(pages.map(({ path }) => path))("every command in %s is one that eso takes", (path) => {
  const refused = snippets
    .filter((snippet) => snippet.path === path)
    .flatMap(commandsIn)
    .map(refusal)
    .filter((reason) => reason !== undefined);
  expect(refused).toEqual([]);
});

test("so is every example of a command, and every command in a store's README", () => {
  const lines = [
    ...COMMANDS.flatMap(({ examples }) => examples.map(({ command }) => command)),
    ...STORE_README.split("\n"),
  ];
  const commands = lines.flatMap((line) => esoCommands(line.trim()));
  expect(commands.length).toBeGreaterThan(40);
  expect(commands.map(refusal).filter((reason) => reason !== undefined)).toEqual([]);
});

/** Why a command that a text names cannot be meant; arguments may be left out. */
function unknown(command: string): string | undefined {
  const words = esoCommands(`eso ${command}`)[0] ?? [];
  const members = COMMANDS.filter(({ name }) => name.startsWith(`${words[0] ?? ""} `));
  if (words.length === 1 && members.length > 0) return undefined;
  let spec: CommandSpec;
  try {
    ({ spec } = findCommand(words));
  } catch (error) {
    return `eso ${command}: ${String(error)}`;
  }
  const known = optionsOf(spec).flatMap(({ name, short }) => [`--${name}`, `-${short ?? ""}`]);
  const strange = words.filter((word) => /^-{1,2}[a-z]/.test(word) && !known.includes(word));
  return strange.length === 0 ? undefined : `eso ${command}: no option ${strange.join(", ")}`;
}

/** Commands that the configuration page names to those who come from elsewhere, and that are not there yet. */
const NOT_YET: Readonly<Record<string, readonly string[]>> = {
  "docs/reference/configuration.md": ["keys", "status"],
  "docs/guide/verify.md": ["prove"],
};

test.each(pages.map(({ path }) => path))("every command that %s names exists", (path) => {
  const { text } = pages.find((page) => page.path === path)!;
  const missing = commandsNamedIn(text).filter((command) => unknown(command) !== undefined);
  const families = new Set(missing.map((command) => command.split(" ", 1)[0] ?? ""));
  expect(
    [...families].sort((a, b) => a.localeCompare(b)),
    missing.map(unknown).join("\n"),
  ).toEqual(NOT_YET[path] ?? []);
});

test("every command is documented with its options", () => {
  const page = reference("cli.md");
  for (const spec of COMMANDS.filter(({ hidden }) => hidden !== true)) {
    const [, section = ""] = page.split(`\n## eso ${spec.name}\n`);
    const own = section.split("\n## ", 1)[0] ?? "";
    expect(own, spec.name).toContain(spec.summary.replaceAll("<", "\\<"));
    for (const { name } of spec.options ?? []) expect(own, spec.name).toContain(`--${name}`);
  }
  for (const { title } of Object.values(TOPICS)) expect(page).toContain(`## ${title}`);
});

test("every configuration key is documented", () => {
  const lines = reference("configuration.md").split("\n");
  for (const [key] of CONFIG_KEYS)
    expect(lines).toContain(key.includes(".") ? `### \`${key}\`` : `## ${key}`);
});

test("every event type is documented", () => {
  const lines = reference("event-types.md").split("\n");
  expect(EVENT_TYPE_NAMES.length).toBe(39);
  for (const type of EVENT_TYPE_NAMES) expect(lines).toContain(`### ${type}`);
});

test("every error code is documented (run `node scripts/generate-error-docs.ts`)", () => {
  const page = readFileSync(ERROR_REFERENCE, "utf8");
  expect(page).toBe(renderErrorReference());
  for (const code of Object.keys(ERROR_CODES)) expect(page.split("\n")).toContain(`## ${code}`);
});

test("errors have the classes that their page says", () => {
  const thrown = new Map<string, Set<string>>();
  for (const { text } of filesMatching("src/**/*.ts").filter(
    ({ path }) => !isTest(path) && !path.includes("/testing/"),
  )) {
    for (const [, errorClass = "", code = ""] of text.matchAll(/new (\w+)\(\s*"(ESO_\w+)"/g)) {
      thrown.set(code, (thrown.get(code) ?? new Set()).add(errorClass));
    }
  }
  expect(thrown.size).toBeGreaterThan(12);
  for (const [code, classes] of thrown)
    expect([...classes], code).toContain(ADVICE[code as keyof typeof ADVICE].errorClass);
});

/** GitHub's anchor of a heading. */
function anchorOf(heading: string): string {
  const text = heading.replaceAll(/[`*]/g, "").replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1");
  return text
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");
}

test.each(pages.map(({ path }) => path))("links in %s lead somewhere", (path) => {
  const { text } = pages.find((page) => page.path === path)!;
  const prose = text.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, "").replaceAll(/`[^`\n]*`/g, "");
  const broken = [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = ""]) => link)
    .filter((link) => !leads(link, path));
  expect(broken).toEqual([]);
});

function leads(link: string, from: string): boolean {
  if (/^(?:https?|mailto):/.test(link)) return true;
  const [file = "", anchor] = link.split("#");
  const target = file === "" ? from : posix.join(posix.dirname(from), file);
  if (!existsSync(join(ROOT, target))) return false;
  if (anchor === undefined) return true;
  const text = readFileSync(join(ROOT, target), "utf8").replaceAll(/^( *)```[\s\S]*?^\1```$/gm, "");
  return [...text.matchAll(/^#{1,6} (.+)$/gm)].some(([, heading = ""]) => anchorOf(heading) === anchor);
}

test("every guide and decision is in the index", () => {
  const index = readFileSync(join(ROOT, "docs/README.md"), "utf8");
  for (const { path } of pages.filter(
    (page) => page.path.startsWith("docs/") && page.path !== "docs/README.md",
  )) {
    expect(index).toContain(`(${path.slice("docs/".length)})`);
  }
});
