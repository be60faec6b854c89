import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ConfigError } from "../errors.ts";
import type { Checked } from "./check.ts";
import { DEFAULT_CONFIG } from "./config.ts";
import { CONFIG_BYTES_MAX, CONFIG_PLACE, loadConfig, parseConfig } from "./load.ts";

const isRoot = process.getuid?.() === 0;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "eso-config-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("finding the file", () => {
  test("without one, everything is at its default", async () => {
    const loaded = await loadConfig({ cwd: folder });
    expect(loaded).toEqual({ config: DEFAULT_CONFIG, file: undefined, given: new Set(), notes: [] });
  });

  test("without one, neither a YAML parser nor a schema library is loaded", () => {
    const program = `
      import { registerHooks } from "node:module";
      const loaded = [];
      registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
      const { loadConfig } = await import(${JSON.stringify(new URL("load.ts", import.meta.url))});
      await loadConfig({ cwd: ${JSON.stringify(folder)} });
      console.log(loaded.join("\\n"));`;
    const output = execFileSync(process.execPath, ["--input-type=module", "-e", program], {
      encoding: "utf8",
    });
    const urls = output.split("\n").filter((url) => url.startsWith("file:"));
    expect(urls.some((url) => url.endsWith("/config/load.ts"))).toBe(true);
    expect(urls.filter((url) => url.includes("node_modules"))).toEqual([]);
  });

  test("the nearest one above the current folder is read, and no other", async () => {
    write(CONFIG_PLACE, "storage: { durability: os }\nphases: [ALL]");
    const nearer = write(join("packages", "a", CONFIG_PLACE), "storage: { durability: sync }");
    mkdirSync(join(folder, "packages", "a", "src", "deep"), { recursive: true });
    const { file, config } = await loadConfig({ cwd: join(folder, "packages", "a", "src", "deep") });
    expect(file).toBe(nearer);
    expect(config.storage.durability).toBe("sync");
    expect(config.phases).toBe(DEFAULT_CONFIG.phases);
  });

  test("--config comes before ESO_CONFIG, both before the walk", async () => {
    write(CONFIG_PLACE, "phases: [WALK]");
    write("env.yaml", "phases: [ENVIRONMENT]");
    write("flag.yaml", "phases: [FLAG]");
    const phases = async (options: object) => (await loadConfig({ cwd: folder, ...options })).config.phases;
    expect(await phases({ path: "flag.yaml", environmentPath: "env.yaml" })).toEqual(["FLAG"]);
    expect(await phases({ environmentPath: join(folder, "env.yaml") })).toEqual(["ENVIRONMENT"]);
    expect(await phases({ environmentPath: "" })).toEqual(["WALK"]);
  });

  test.skipIf(!isRoot)(
    "another user's file in a folder open to everyone is passed over (needs root)",
    async () => {
      const planted = write(CONFIG_PLACE, "phases: [PLANTED]");
      chownSync(planted, 12_345, 12_345);
      chmodSync(folder, 0o777);
      const { config, file, notes } = await loadConfig({ cwd: folder });
      expect(config.phases).toBe(DEFAULT_CONFIG.phases);
      expect(file).toBeUndefined();
      expect(notes).toEqual([expect.objectContaining({ path: planted, replacement: `--config ${planted}` })]);
      expect((await loadConfig({ cwd: folder, path: planted })).config.phases).toEqual(["PLANTED"]);
    },
  );
});

describe("paths in the file", () => {
  test("start at the folder that holds config/", async () => {
    write(CONFIG_PLACE, "storage: { base_path: records/events }");
    mkdirSync(join(folder, "src"));
    const { config } = await loadConfig({ cwd: join(folder, "src") });
    expect(config.storage.base_path).toBe(join(folder, "records", "events"));
  });

  test("start at the file's own folder when that has another name", async () => {
    write(join("ops", "eso.yaml"), "storage: { base_path: ./events }");
    const { config } = await loadConfig({ cwd: folder, path: join("ops", "eso.yaml") });
    expect(config.storage.base_path).toBe(join(folder, "ops", "events"));
  });

  test("may be absolute", async () => {
    const file = write("eso.yaml", "storage: { base_path: /srv/events }");
    expect((await loadConfig({ cwd: "/", path: file })).config.storage.base_path).toBe("/srv/events");
  });
});

describe("files that cannot be read", () => {
  test("missing", async () => {
    await expectConfigError(loadConfig({ cwd: folder, path: "none.yaml" }), "none.yaml does not exist.");
  });

  test("a link to nowhere is no reason to fall back to the defaults", async () => {
    mkdirSync(join(folder, "config"));
    symlinkSync("nowhere", join(folder, CONFIG_PLACE));
    await expectConfigError(loadConfig({ cwd: folder }), "does not exist.");
  });

  test("a folder", async () => {
    mkdirSync(join(folder, CONFIG_PLACE), { recursive: true });
    await expectConfigError(loadConfig({ cwd: folder }), "is not a regular file.");
  });

  test.skipIf(process.platform === "win32")("a pipe does not block (Windows has no mkfifo)", async () => {
    const pipe = join(folder, "pipe");
    expect(spawnSync("mkfifo", [pipe]).status).toBe(0);
    await expectConfigError(loadConfig({ cwd: folder, path: pipe }), "is not a regular file.");
  });

  test("at most 1 MB", async () => {
    const file = write("big.yaml", commentOf(CONFIG_BYTES_MAX));
    expect((await loadConfig({ cwd: folder, path: file })).config).toEqual(DEFAULT_CONFIG);
    write("big.yaml", commentOf(CONFIG_BYTES_MAX + 1));
    await expectConfigError(loadConfig({ cwd: folder, path: file }), "is larger than 1048576 bytes.");
  });

  test("not UTF-8", async () => {
    const file = write("latin.yaml", Uint8Array.of(0x61, 0x3a, 0x20, 0xe9));
    await expectConfigError(loadConfig({ cwd: folder, path: file }), "is not UTF-8 text.");
  });
});

describe("YAML", () => {
  test.each([
    "",
    "# nothing\n",
    "---\n...\n",
    "storage:\n",
    "event_sourcing:\n",
    "\ufeffphases: [EXPLORE, PLAN, CODE, TEST, FIX, DOCUMENT]",
  ])("%j is a configuration of defaults", async (text) => {
    expect((await parseConfig(text, "c.yaml")).config).toEqual(DEFAULT_CONFIG);
  });

  test.each([
    [
      "phases: !!js/function 'function () {}'",
      "c.yaml:1: the tag tag:yaml.org,2002:js/function is not allowed.",
    ],
    ["\nphases: !local [A]", "c.yaml:2: the tag !local is not allowed."],
    ["phases: !!binary aGk=", "c.yaml:1: the tag tag:yaml.org,2002:binary is not allowed."],
    ["phases: [A]\nphases: [B]", "c.yaml:2: the key phases is given twice."],
    ["phases: [A]\n---\nphases: [B]", "c.yaml:2: Source contains multiple documents"],
    ["phases: [A", "c.yaml:1: "],
    ["storage:\n\tdurability: os", "c.yaml:2: Tabs are not allowed as indentation."],
    ["? [a]\n: 1", "c.yaml:1: With stringKeys, all keys must be strings."],
    ["%UNKNOWN x\n---\nphases: [A]", "c.yaml:1: Unknown directive %UNKNOWN."],
    ["[1, 2]", "c.yaml: the file must be a section with keys of its own, not a list."],
    ["just text", 'c.yaml: the file must be a section with keys of its own, not "just text".'],
  ])("%j is refused", async (text, message) => {
    await expectConfigError(parseConfig(text, "c.yaml"), message);
  });

  test("an alias may save repetition", async () => {
    const { config } = await parseConfig("projects: &ours [ESO]\nprojects_deny: *ours", "c.yaml");
    expect(config.projects_deny).toEqual(["ESO"]);
  });

  test("an alias bomb is refused", async () => {
    const bomb = `a: &a [${"x, ".repeat(9)}]\n${listOf("b", "a")}${listOf("c", "b")}${listOf("d", "c")}${listOf("e", "d")}`;
    await expectConfigError(parseConfig(bomb, "c.yaml"), "c.yaml:4: there are more than 20 aliases.");
    await expectConfigError(
      parseConfig("phases: *none", "c.yaml"),
      "c.yaml:1: the alias *none has no anchor.",
    );
  });

  test("a list that holds itself is refused", async () => {
    await expectConfigError(parseConfig("phases: &a [*a]", "c.yaml"), "phases[0] must be a phase name");
  });

  test.each([
    ["nesting", `phases: ${"[".repeat(50_000)}${"]".repeat(50_000)}`],
    ["keys", Array.from({ length: 50_000 }, (_, index) => `k${index}: 1`).join("\n")],
  ])("neither endless %s nor its messages take for ever", async (_what, text) => {
    const started_ms = performance.now();
    await expectConfigError(parseConfig(text, "c.yaml"), "c.yaml:1: ");
    expect(performance.now() - started_ms).toBeLessThan(30_000);
  });

  test.each(["__proto__", "constructor", "toString", "hasOwnProperty"])(
    "%s is a key like others",
    async (name) => {
      await expectConfigError(
        parseConfig(`${name}: { durability: os }`, "c.yaml"),
        `c.yaml:1: ${name} is not a `,
      );
      await expectConfigError(parseConfig(`storage: { ${name}: 1 }`, "c.yaml"), `storage.${name} is not a `);
      expect(Object.hasOwn(Object.prototype, "durability")).toBe(false);
    },
  );
});

describe("errors", () => {
  test("name file, line, key and reason, all of them", async () => {
    const text = "storage:\n  durability: fast\n  lock_timeout_seconds: soon\nphases: [1]\n";
    const error = await configErrorOf(parseConfig(text, "/p/config/event-sourcing.yaml"));
    expect(error.code).toBe("ESO_INVALID_CONFIG");
    expect(error.message).toBe(
      '/p/config/event-sourcing.yaml:2: storage.durability must be one of group, sync, os, not "fast".\n' +
        '/p/config/event-sourcing.yaml:3: storage.lock_timeout_seconds must be a number, 0 to 3600, not "soon".\n' +
        "/p/config/event-sourcing.yaml:4: phases[0] must be a phase name such as CODE, not 1.",
    );
    expect(error.details).toEqual({ path: "storage.durability", suggestions: [] });
    expect(error.hint).toContain("eso config list");
  });

  test.each([
    ["storage: { durabilty: os }", "storage.durabilty", "storage.durability"],
    ["storge: { durability: os }", "storge", "storage"],
    ["durability: os", "durability", "storage.durability"],
    ["query: { max_pagesize: 5 }", "query.max_pagesize", "query.max_page_size"],
    [
      "indexing: { lock_timeout_seconds: 5 }",
      "indexing.lock_timeout_seconds",
      "storage.lock_timeout_seconds",
    ],
    ["project: [ESO]", "project", "projects"],
  ])("%s: the likely key is suggested", async (text, path, suggestion) => {
    const error = await configErrorOf(parseConfig(text, "c.yaml"));
    expect(error.message).toContain(`${path} is not a configuration key; did you mean ${suggestion}`);
    expect(error.details?.path).toBe(path);
    expect(error.details?.suggestions).toContain(suggestion);
  });

  test("a key that is like none is not guessed at", async () => {
    const error = await configErrorOf(parseConfig("zzzzzzzzzz: 1", "c.yaml"));
    expect(error.message).toBe("c.yaml:1: zzzzzzzzzz is not a configuration key.");
  });

  test("a dotted key is not taken for a nested one", async () => {
    await expectConfigError(
      parseConfig("storage.durability: os", "c.yaml"),
      "write its parts as nested keys",
    );
  });

  test("a section must be a section", async () => {
    await expectConfigError(
      parseConfig("storage: os", "c.yaml"),
      'storage must be a section with keys of its own, not "os"',
    );
  });

  test("values that contradict each other", async () => {
    const text = "query:\n  default_page_size: 50\n  max_page_size: 20\n";
    await expectConfigError(
      parseConfig(text, "c.yaml"),
      "c.yaml:2: query.default_page_size must not be over",
    );
  });

  test("the rule for issue keys must be RE2, and the default issue must fit it", async () => {
    await expectConfigError(
      parseRule("pattern: '^(?=A)B$'"),
      "issue_key.pattern is not a regular expression of RE2 syntax",
    );
    await expectConfigError(parseRule("pattern: '^(A$'"), "issue_key.pattern is not a regular expression");
    await expectConfigError(parseRule("default: eso-1"), 'issue_key.default is "eso-1", which does not fit');
    const { config } = await parseRule("pattern: '^spotter-[0-9a-z]{3}$', default: spotter-4te");
    expect(config.issue_key.default).toBe("spotter-4te");
  });
});

function parseRule(text: string): Promise<Checked> {
  return parseConfig(`issue_key: { ${text} }`, "c.yaml");
}

function commentOf(bytes: number): string {
  return `# ${"x".repeat(bytes - 3)}\n`;
}

function listOf(name: string, below: string): string {
  return `${name}: &${name} [${Array(9).fill(`*${below}`).join(", ")}]\n`;
}

function write(path: string, content: string | Uint8Array): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

async function configErrorOf(promise: Promise<unknown>): Promise<ConfigError> {
  const error: unknown = await promise.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(error instanceof ConfigError)) throw new Error(`not a ConfigError: ${String(error)}`);
  return error;
}

async function expectConfigError(promise: Promise<unknown>, message: string): Promise<void> {
  const error = await configErrorOf(promise);
  expect(error.message).toContain(message);
  expect(error.code).toBe("ESO_INVALID_CONFIG");
  expect(error.hint).toBeTruthy();
}
