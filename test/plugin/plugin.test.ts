import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

import { commandNamed } from "../../src/cli/commands.ts";
import { readHook, UnknownHook } from "../../src/capture/claude-code/hook-payload.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PLUGIN = join(ROOT, "plugin");
const SCRIPT = join(PLUGIN, "hooks", "spool.sh");

const json = (...path: string[]): unknown => JSON.parse(readFileSync(join(...path), "utf8"));

interface HookEntry {
  readonly matcher?: string;
  readonly hooks: readonly { readonly type: string; readonly command: string; readonly async?: boolean }[];
}

describe("the plugin", () => {
  it("is named alike by its manifest and both marketplaces", () => {
    const { name, version } = json(PLUGIN, ".claude-plugin", "plugin.json") as {
      name: string;
      version: string;
    };
    expect({ name, version }).toEqual({
      name: "eso",
      version: (json(ROOT, "package.json") as { version: string }).version,
    });
    const places = [
      [join(PLUGIN, ".claude-plugin", "marketplace.json"), PLUGIN],
      [join(ROOT, ".claude-plugin", "marketplace.json"), ROOT],
    ] as const;
    for (const [path, folder] of places) {
      const market = json(path) as {
        name: string;
        owner: { name: string };
        plugins: { name: string; source: string }[];
      };
      expect(market.owner.name).toBeTruthy();
      expect(market.plugins.map((plugin) => plugin.name)).toEqual([name]);
      expect(existsSync(join(folder, market.plugins[0]?.source ?? "", ".claude-plugin", "plugin.json"))).toBe(
        true,
      );
    }
  });

  it("hooks only on what events are made of, and never into worktrees", () => {
    const { hooks } = json(PLUGIN, "hooks", "hooks.json") as { hooks: Record<string, HookEntry[]> };
    expect(Object.keys(hooks)).not.toContain("WorktreeCreate");
    for (const [event, entries] of Object.entries(hooks)) {
      const isKnown = (): unknown =>
        readHook(
          {
            session_id: "s",
            hook_event_name: event,
            agent_id: "a",
            agent_type: "t",
            tool_use_id: "t",
            tool_name: "n",
          },
          { at: "x" },
        );
      expect(isKnown).not.toThrow(UnknownHook);
      for (const { matcher = "" } of entries) expect(() => new RegExp(matcher)).not.toThrow();
      for (const handler of entries.flatMap(({ hooks: handlers }) => handlers)) {
        expect(handler.command).toMatch(/^sh "\$\{CLAUDE_PLUGIN_ROOT\}\/hooks\/spool\.sh"(?: --ended)?$/);
        expect(handler.async === true).toBe(/^(?:PreToolUse|PostToolUse|PermissionRequest)/.test(event));
      }
    }
  });

  it("has commands and an agent that say what they are for", () => {
    expect(readdirSync(join(PLUGIN, "commands")).sort()).toEqual([
      "at.md",
      "audit.md",
      "events.md",
      "why.md",
    ]);
    for (const folder of ["commands", "agents"])
      for (const name of readdirSync(join(PLUGIN, folder))) {
        const text = readFileSync(join(PLUGIN, folder, name), "utf8");
        expect(text).toMatch(/^---\n(?:[a-z-]+: .+\n)+---\n/);
        expect(text).toMatch(/^description: .{20,}$/m);
      }
  });

  it("is drained and completed by commands that exist", () => {
    for (const name of ["reconcile", "backfill", "spool drain"]) expect(commandNamed(name)).toBeDefined();
  });
});

/** A project whose record has begun. */
class Project implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "eso-hook-"));
  readonly store: string;

  constructor(store = join("sessions", "events")) {
    this.store = join(this.folder, store);
    this.write(".git/HEAD", "ref: refs/heads/feature/PROJ-1-it's\n");
    mkdirSync(join(this.store, ".store"), { recursive: true });
  }

  write(name: string, text: string): void {
    mkdirSync(join(this.folder, name, ".."), { recursive: true });
    writeFileSync(join(this.folder, name), text);
  }

  get spooled(): string[] {
    const folder = join(this.store, ".store", "spool");
    return existsSync(folder)
      ? readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"))
      : [];
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

interface HookRun {
  readonly cwd: string;
  readonly env?: Record<string, string>;
  readonly words?: readonly string[];
  /** With Node.js out of reach. */
  readonly program?: readonly [string, ...string[]];
}

async function runHook(
  payload: string,
  { cwd, env = {}, words = [], program = ["/bin/sh", SCRIPT] }: HookRun,
): Promise<string> {
  const [command, ...first] = program;
  const child = spawn(command, [...first, ...words], {
    cwd,
    env: { PATH: "/usr/bin:/bin", ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (printed += text));
  child.stdin.on("error", () => undefined).end(payload);
  const [code] = (await once(child, "close")) as [number];
  return `${code} ${printed}`;
}

const byText = (one: string, other: string): number => (one < other ? -1 : 1);

const PAYLOAD = '{"session_id":"s","text":"line\\n \\u0000 \\\\ % %s"}\n';

describe("the hook script", () => {
  it("writes what it is given, with the branch, from wherever it runs in the project", async () => {
    using project = new Project();
    mkdirSync(join(project.folder, "a", "b"), { recursive: true });
    expect(await runHook(PAYLOAD, { cwd: join(project.folder, "a", "b") })).toBe("0 ");
    const elsewhere = { cwd: "/", env: { CLAUDE_PROJECT_DIR: project.folder } };
    expect(await runHook(PAYLOAD, elsewhere)).toBe("0 ");
    expect(project.spooled).toEqual(Array(2).fill(`eso-hook/1 feature/PROJ-1-it's\n${PAYLOAD}`));
    const folder = join(project.store, ".store", "spool");
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  });

  it("finds the store of a linked worktree, of the configuration and of the environment", async () => {
    using project = new Project();
    project.write(".git/worktrees/w/HEAD", "ref: refs/heads/PROJ-2\n");
    project.write("w/.git", `gitdir: ${project.folder}/.git/worktrees/w\n`);
    await runHook("{}", { cwd: join(project.folder, "w") });
    expect(project.spooled).toEqual(["eso-hook/1 PROJ-2\n{}"]);
    using configured = new Project("my store");
    configured.write("config/event-sourcing.yaml", 'storage:\n  base_path: "my store" # here\n');
    await runHook("{}", { cwd: configured.folder });
    expect(configured.spooled).toHaveLength(1);
    await runHook("{}", { cwd: project.folder, env: { ESO_STORE: configured.store } });
    expect(configured.spooled).toHaveLength(2);
  });

  it("leaves nothing behind where nobody keeps a record, and never fails", async () => {
    using project = new Project();
    rmSync(project.store, { recursive: true });
    expect(await runHook(PAYLOAD, { cwd: project.folder })).toBe("0 ");
    expect(existsSync(join(project.folder, "sessions", "events"))).toBe(false);
    expect(await runHook(PAYLOAD, { cwd: "/", env: { ESO_STORE: "/proc" } })).toBe("0 ");
    using broken = new Project();
    writeFileSync(join(broken.store, ".store", "spool"), "a file");
    expect(await runHook(PAYLOAD, { cwd: broken.folder, words: ["--ended"] })).toBe("0 ");
  });

  it("loses nothing of fifty at once, and starts no Node.js", async () => {
    using project = new Project();
    const bin = join(project.folder, "bin");
    mkdirSync(bin);
    const trap = `#!/bin/sh\ntouch "${project.folder}/started"\n`;
    for (const name of ["node", "npx", "npm"]) writeFileSync(join(bin, name), trap, { mode: 0o755 });
    const payloads = Array.from({ length: 50 }, (_, n) => JSON.stringify({ n, text: "x".repeat(20_000) }));
    const env = { PATH: `${bin}:/usr/bin:/bin` };
    await Promise.all(payloads.map((payload) => runHook(payload, { cwd: project.folder, env })));
    expect(project.spooled.map((text) => text.split("\n")[1] ?? "").toSorted(byText)).toEqual(
      payloads.toSorted(byText),
    );
    expect(existsSync(join(project.folder, "started"))).toBe(false);
  });

  it("has eso complete an ended session, detached", async () => {
    using project = new Project();
    const bin = join(project.folder, "bin");
    mkdirSync(bin);
    const done = join(project.folder, "done");
    writeFileSync(
      join(bin, "eso"),
      `#!/bin/sh\necho "$* $ESO_STORE" >"${done}.part"; mv "${done}.part" "${done}"\n`,
      { mode: 0o755 },
    );
    await runHook("{}", { cwd: project.folder, words: ["--ended"], env: { PATH: `${bin}:/usr/bin:/bin` } });
    await expect
      .poll(() => (existsSync(done) ? readFileSync(done, "utf8") : ""))
      .toBe(`reconcile ${project.store}\n`);
  });

  it("does the same in Node.js, for Windows", async () => {
    using project = new Project();
    const program = [process.execPath, join(PLUGIN, "hooks", "spool.mjs")] as const;
    expect(await runHook(PAYLOAD, { cwd: project.folder, program })).toBe("0 ");
    expect(project.spooled).toEqual([`eso-hook/1 feature/PROJ-1-it's\n${PAYLOAD}`]);
    rmSync(project.store, { recursive: true });
    expect(await runHook(PAYLOAD, { cwd: project.folder, program })).toBe("0 ");
  });
});
