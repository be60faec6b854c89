import { posix } from "node:path";

import { expect, test } from "vitest";

import { filesMatching, isTest, type SourceFile } from "./source-files.ts";

const EVERYTHING_BELOW_OPEN = [
  "errors",
  "event",
  "log",
  "personal",
  "proof",
  "query",
  "projection",
  "store",
  "config",
] as const;
const ENGINES = ["engines/memory", "engines/files"] as const;

/** What each room may import, itself aside. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  event: ["errors"],
  log: ["errors", "event"],
  proof: ["errors", "event", "log"],
  // Shares nothing with the way in: it goes by the bytes.
  verify: ["errors", "proof"],
  query: ["errors", "event", "log"],
  projection: ["errors", "event"],
  store: ["errors", "event", "log", "personal", "proof", "query", "projection", "report", "verify"],
  "engines/memory": ["errors", "event", "log", "query"],
  "engines/files": ["errors", "event", "log", "personal", "proof", "query", "config"],
  capture: ["errors", "event"],
  server: ["errors", "event", "log", "capture", "store"],
  config: ["errors", "event"],
  personal: ["errors", "event"],
  report: ["errors", "event", "projection", "verify"],
  demo: ["event", "testing"],
  open: [...EVERYTHING_BELOW_OPEN, ...ENGINES],
  index: [...EVERYTHING_BELOW_OPEN, "open", "server"],
  testing: ["errors", "event", "log"],
  cli: [...EVERYTHING_BELOW_OPEN, ...ENGINES, "capture", "demo", "open", "report", "server", "verify"],
};

/** Configuration is read by every hook, so it takes no more of `event` than this. */
const CONFIG_TAKES_OF_EVENT = ["src/event/suggest.ts", "src/event/re2.ts", "src/event/issue-key.ts"];

/** Files besides `cli` that need something of the process, and why. */
const PROCESS_EXCEPTIONS: Readonly<Record<string, string>> = {
  "src/capture/git-process.ts": "git is started with this process's environment, less what could mislead it",
  "src/open.ts": "a warning that no caller wants to hear becomes one of Node.js",
};

const IMPORT = /(?:\b(?:import|export)\s+(type\b)?[^"';]*?\bfrom\s*|\bimport\s*(\()?\s*)"(\.[^"]+)"/g;

const sources = filesMatching("src/**/*.ts").filter(({ path }) => !isTest(path));
const imports = sources.flatMap(importsOf);

interface Import {
  readonly from: string;
  readonly to: string;
  /** The other file is run before this one: neither only its types are taken, nor is it loaded later. */
  readonly atLoad: boolean;
}

/** What a file imports of the project, types included. */
function importsOf({ path, text }: SourceFile): readonly Import[] {
  return [...withoutComments(text).matchAll(IMPORT)].map(([, type, call, specifier = ""]) => ({
    from: path,
    to: posix.join(posix.dirname(path), specifier),
    atLoad: type === undefined && call === undefined,
  }));
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
}

/** `src/engines/files/query-index/bits.ts` is in `engines/files`, `src/open.ts` in `open`. */
function roomOf(path: string): string {
  const [, first = "", second = ""] = path.split("/");
  return first === "engines" ? `${first}/${second}` : first.replace(/\.ts$/, "");
}

function cycleIn(edges: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, trail: readonly string[]): readonly string[] | undefined => {
    if (trail.includes(node)) return [...trail.slice(trail.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of edges.get(node) ?? []) {
      const cycle = visit(next, [...trail, node]);
      if (cycle !== undefined) return cycle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of edges.keys()) {
    const cycle = visit(node, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

function edgesBy(name: (path: string) => string, of: readonly Import[]): Map<string, Set<string>> {
  const edges = new Map<string, Set<string>>();
  for (const { from, to } of of) {
    if (name(from) === name(to)) continue;
    edges.set(name(from), (edges.get(name(from)) ?? new Set()).add(name(to)));
  }
  return edges;
}

test("the rules are about what is there", () => {
  expect(sources.length).toBeGreaterThan(100);
  expect(imports.length).toBeGreaterThan(500);
  const paths = new Set(sources.map(({ path }) => path));
  expect(imports.filter(({ to }) => !paths.has(to))).toEqual([]);
  expect([...new Set(sources.map(({ path }) => roomOf(path)))].sort()).toEqual(
    Object.keys(MAY_IMPORT).sort(),
  );
});

test("imports point one way", () => {
  const wrong = imports.filter(({ from, to }) => {
    const [room, other] = [roomOf(from), roomOf(to)];
    return room !== other && MAY_IMPORT[room]?.includes(other) !== true;
  });
  expect(wrong).toEqual([]);
});

test("configuration takes little of event", () => {
  const taken = imports.filter(({ from, to }) => roomOf(from) === "config" && roomOf(to) === "event");
  expect(taken.filter(({ to }) => !CONFIG_TAKES_OF_EVENT.includes(to))).toEqual([]);
});

test("there are no cycles, between rooms or between files", () => {
  expect(cycleIn(edgesBy(roomOf, imports))).toBeUndefined();
  const atLoad = imports.filter((one) => one.atLoad);
  expect(atLoad.length).toBeGreaterThan(300);
  expect(cycleIn(edgesBy((path) => path, atLoad))).toBeUndefined();
});

test("only the command line knows the process's environment, streams and exit", () => {
  const touches = sources
    .filter(({ path }) => roomOf(path) !== "cli")
    .filter(({ text }) => usesProcess(withoutComments(text)))
    .map(({ path }) => path);
  expect(touches).toEqual(Object.keys(PROCESS_EXCEPTIONS));
});

function usesProcess(code: string): boolean {
  return /\bprocess\.(?:env|exit|exitCode|argv|cwd|stdin|stdout|stderr)\b|"node:process"|\bconsole\./.test(
    code,
  );
}

test("engines are told apart by what they can do, not by what they are", () => {
  const found = sources.filter(({ text }) => /instanceof (?:FilesLog|MemoryLog)\b/.test(text));
  expect(found.map(({ path }) => path)).toEqual([]);
});

const PACKAGE = /(?:\bfrom\s+|\bimport\s*\(\s*)"(?!node:)((?:@[\w.-]+\/)?[a-z][\w.-]*)[\w./-]*"/g;

test("what the product uses is declared in its dependencies", async () => {
  const { default: manifest } = await import("../package.json", { with: { type: "json" } });
  const packages = sources.flatMap(({ text }) =>
    [...withoutComments(text).matchAll(PACKAGE)].map(([, name = ""]) => name),
  );
  expect([...new Set(packages)].sort()).toEqual(Object.keys(manifest.dependencies).sort());
});
