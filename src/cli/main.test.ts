import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text as textOf } from "node:stream/consumers";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import packageJson from "../../package.json" with { type: "json" };
import { EXIT_CODES } from "./exit-codes.ts";
import { type CliOptions, MAIN, recordEvents, runCli, startCli, temporaryFolder } from "./run-cli.fixture.ts";

const HOSTILE = "a\u001b[2J\u0007\u202eb\u0000\u009bc\n\td";
const HOSTILE_SHOWN = "a\\u001b[2J\\u0007\\u202eb\\u0000\\u009bc\\n\\td";

const ESCAPE = "\u001b";
const COLOUR = new RegExp(`${ESCAPE}\\[\\d+m`, "g");

const folder = temporaryFolder();
const store = join(folder.path, "store");
const env = { ESO_STORE: store };

beforeAll(async () => {
  const agent = { agent_name: HOSTILE, failure_reason: HOSTILE };
  await recordEvents(store, [
    {
      event_type: "OrchestrationStarted",
      metadata: { issue_summary: "Login times out", initial_phase: "PLAN" },
    },
    {},
    { event_type: "AgentFailed", actor: { type: "agent", id: "evil" }, metadata: agent },
    { issue_key: "OTHER-2" },
    { event_type: "OrchestrationCompleted", metadata: {} },
  ]);
});
afterAll(() => folder[Symbol.dispose]());

describe("eso", () => {
  it("tells its version in both ways", async () => {
    for (const words of [["version"], ["--version"]]) {
      expect(await runCli(words)).toEqual({ code: 0, stdout: `eso ${packageJson.version}\n`, stderr: "" });
    }
    const { stdout } = await runCli(["version", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ version: packageJson.version, schema: "eso.version/1" });
  });

  it("helps, examples first", async () => {
    const [bare, help, command, alias] = await Promise.all(
      [[], ["help"], ["help", "query"], ["query", "--help"]].map((words) => runCli(words)),
    );
    expect(bare).toEqual(help);
    expect(help?.stdout).toContain("completion");
    expect(help?.stdout).not.toContain("__complete");
    expect(command).toEqual(alias);
    expect(command?.stdout.indexOf("Examples")).toBeLessThan(command?.stdout.indexOf("Options") ?? 0);
  });

  it("explains every exit code", async () => {
    const { stdout } = await runCli(["help", "exit-codes"]);
    for (const code of Object.keys(EXIT_CODES)) expect(stdout).toMatch(new RegExp(`^ {2}${code} `, "m"));
  });

  it.each([
    [["shwo"], 2, "Did you mean eso show"],
    [["show"], 2, "needs <issue>"],
    [["query", "--nonsense"], 2, "has no option"],
    [["query", "--limit", "lots"], 2, "whole number"],
    [["query", "--order", "up"], 2, "asc, desc"],
    [["query", "--from", "whenever"], 2, "--from:"],
    [["query", "--commit", "xyz"], 2, "hex"],
    [["query", "--after", "xyz"], 2, "ESO_CURSOR_INVALID"],
    [["help", "nonsense"], 2, "no help"],
    [["completion", "tcsh"], 2, "bash, zsh"],
    [["show", "PROJ-2"], 3, "Did you mean PROJ-1?"],
    [["tail", "PROJ-2"], 3, "Did you mean PROJ-1?"],
    [["ls", "--store", "/nonexistent/eso"], 3, "eso init"],
    [["ls", "--store", "postgres://x"], 2, "no engine"],
    [["ls", "--config", "/nonexistent.yaml"], 2, "ESO_INVALID_CONFIG"],
    [["\u001b[31m"], 2, "\\u001b[31m"],
    [["--\u0000"], 2, "error"],
  ])("%j ends with %d and says %s", async (words, code, says) => {
    // No argument can hold a NUL; the kernel refuses it before we see it.
    const result = await runCli(
      words.map((word) => word.replaceAll("\u0000", "")),
      { env },
    );
    expect(result.code).toBe(code);
    expect(result.stdout).toBe("");
    expect(result.stderr).toContain(says);
    expect(result.stderr).not.toMatch(/\n\s+at /);
  });

  it("shows hostile text escaped everywhere, and as it is in JSON", async () => {
    const commands = [
      ["show", "PROJ-1"],
      ["query"],
      ["tail"],
      ["query", "--type", HOSTILE.replace("\u0000", "")],
    ];
    for (const words of commands) {
      const { stdout, stderr } = await runCli(words, { env: { ...env, FORCE_COLOR: "1" } });
      const uncoloured = (stdout + stderr).replaceAll(COLOUR, "");
      for (const character of HOSTILE.replaceAll(/[a-d2[J\t\n]/g, ""))
        expect(uncoloured).not.toContain(character);
    }
    expect((await runCli(["show", "PROJ-1"], { env })).stdout).toContain(
      `agent ${HOSTILE_SHOWN} failed: ${HOSTILE_SHOWN}`,
    );
    const { stdout } = await runCli(["query", "--type", "AgentFailed", "--jsonl"], { env });
    expect(JSON.parse(stdout).metadata.failure_reason).toBe(HOSTILE);
  });

  it("gives one JSON document or JSON lines", async () => {
    for (const words of [["ls"], ["show", "PROJ-1"], ["query"]]) {
      const whole = JSON.parse((await runCli([...words, "--json"], { env })).stdout);
      expect(whole.schema).toBe(`eso.${words[0]}/1`);
      const { stdout } = await runCli([...words, "--jsonl"], { env });
      const lines = stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      expect(lines).toEqual(whole.events ?? whole.issues);
    }
  });

  it("lists issues, last active first, with their status", async () => {
    const { stdout } = await runCli(["ls"], { env });
    expect(stdout).toBe(
      "PROJ-1\tcompleted\t5\t2026-11-24T13:00:00.000Z\t2026-11-24T13:00:04.000Z\tLogin times out\n" +
        "OTHER-2\tnot_started\t1\t2026-11-24T13:00:03.000Z\t2026-11-24T13:00:03.000Z\t\n",
    );
    expect((await runCli(["ls", "--status", "completed"], { env })).stdout).not.toContain("OTHER-2");
  });

  it("pages through a query with the command that it prints", async () => {
    const first = await runCli(["query", "--limit", "3"], { env });
    const [, next = ""] = /^More: eso (.*)$/m.exec(first.stderr) ?? [];
    const second = await runCli(next.split(" "), { env });
    const all = await runCli(["query"], { env });
    expect(first.stdout + second.stdout).toBe(all.stdout);
    expect(second.stderr).toBe("");
  });

  it("shows the newest events and says that there are more", async () => {
    const { stdout, stderr } = await runCli(["show", "PROJ-1", "-n", "2"], { env });
    expect(stdout.split("\n").map((line) => line.split("\t")[1])).toEqual(["4", "5", undefined]);
    expect(stderr).toContain("eso show PROJ-1 --all");
  });

  it("finds types that are nearly right", async () => {
    const { code, stdout, stderr } = await runCli(["query", "--type", "TestRunFaild"], { env });
    expect([code, stdout]).toEqual([0, ""]);
    expect(stderr).toContain("Did you mean TestRunFailed?");
  });

  it("colours only where colour is wanted", async () => {
    const plain = await runCli(["help", "query"], { env: { NO_COLOR: "1" } });
    const coloured = await runCli(["help", "query"], { env: { FORCE_COLOR: "1" } });
    expect(plain.stdout).not.toContain("\u001b");
    expect(coloured.stdout).toContain("\u001b[");
    expect(plain.stderr + coloured.stderr).toBe("");
  });

  it("takes a closed pipe for success, silently", async () => {
    using big = temporaryFolder();
    const many = Array.from({ length: 1500 }, () => ({ metadata: { phase: "CODE", note: "x".repeat(500) } }));
    await recordEvents(big.path, many);
    for (const words of ["query --jsonl", "tail -n 1500", "show PROJ-1 --all --json", "help"]) {
      const script = `"${process.execPath}" "${MAIN}" ${words} --store "${big.path}" | head -1; echo "\${PIPESTATUS[0]}"`;
      const child = execFileSync("bash", ["-c", `(${script}) 2>&1`], { encoding: "utf8" });
      expect(child.trimEnd().split("\n")).toEqual([expect.any(String), "0"]);
    }
  });

  it("fails when its output cannot be written", async () => {
    const script = `"${process.execPath}" "${MAIN}" help > /dev/full; echo $?`;
    const printed = execFileSync("bash", ["-c", `${script} 2>&1`], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    expect(printed.trim()).toBe("1");
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("follows until %s, then ends with %d", async (signal, code) => {
    using own = temporaryFolder();
    await recordEvents(own.path, [{}]);
    const child = startCli(["tail", "-f", "--jsonl"], { env: { ESO_STORE: own.path } });
    const stderr = textOf(child.stderr!);
    const lines = createInterface(child.stdout!)[Symbol.asyncIterator]();
    expect(JSON.parse(String((await lines.next()).value)).issue_key).toBe("PROJ-1");
    await recordEvents(own.path, [{ issue_key: "NEW-1" }], Date.UTC(2026, 10, 25));
    expect(JSON.parse(String((await lines.next()).value)).issue_key).toBe("NEW-1");
    child.kill(signal);
    const [exitCode] = (await once(child, "exit")) as [number | null];
    expect(exitCode).toBe(code);
    expect(await stderr).toBe("");
  });
});

describe("where things are", () => {
  it("finds the store by option, environment, configuration, repository, folder", async () => {
    using own = temporaryFolder();
    const project = join(own.path, "project");
    const deep = join(project, "src", "deep");
    mkdirSync(deep, { recursive: true });
    execFileSync("git", ["init", "-q", project]);
    const places = {
      option: join(own.path, "by-option"),
      environment: join(own.path, "by-environment"),
      config: join(project, "by-config"),
      repository: join(project, "sessions", "events"),
      folder: join(own.path, "sessions", "events"),
    };
    for (const [name, path] of Object.entries(places)) {
      await recordEvents(path, [{ issue_key: `${name.toUpperCase()}-1` }]);
    }
    const environment = { ESO_STORE: places.environment };
    expect(await found(["--store", places.option], { cwd: deep, env: environment })).toBe("OPTION-1");
    expect(await found([], { cwd: deep, env: environment })).toBe("ENVIRONMENT-1");
    expect(await found([], { cwd: deep })).toBe("REPOSITORY-1");
    expect(await found([], { cwd: own.path })).toBe("FOLDER-1");
    mkdirSync(join(project, "config"));
    writeFileSync(join(project, "config", "event-sourcing.yaml"), "storage:\n  base_path: by-config\n");
    expect(await found([], { cwd: deep })).toBe("CONFIG-1");
  });

  it.skipIf(process.getuid?.() !== 0)(
    "reads a store that it may not write (tested as root, who can be nobody)",
    async () => {
      using own = temporaryFolder();
      await recordEvents(own.path, [{}]);
      execFileSync("chmod", ["-R", "a+rX", own.path]);
      const nobody = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];
      const script = ["env", `ESO_STORE=${own.path}`, process.execPath, MAIN, "query", "--jsonl"];
      const printed = execFileSync("setpriv", [...nobody, ...script], { encoding: "utf8" });
      expect(JSON.parse(printed).issue_key).toBe("PROJ-1");
    },
  );

  it("shows the configuration's notes once, on stderr", async () => {
    using own = temporaryFolder();
    const file = join(own.path, "eso.yaml");
    writeFileSync(file, "storage:\n  partition_by: hour\n");
    const { code, stderr } = await runCli(["ls", "--config", file], { env });
    expect(stderr.match(/^warning: /gm)).toHaveLength(1);
    expect(code).toBe(0);
  });
});

async function found(words: readonly string[], options: CliOptions): Promise<string> {
  return (await runCli(["ls", ...words], options)).stdout.split("\t")[0]!;
}

describe("completion", () => {
  it.each([
    [["sh"], ["show"]],
    [
      ["import", ""],
      ["git", "jsonl", "github", "jira"],
    ],
    [["show", "P"], ["PROJ-1"]],
    [["query", "--issue", "PROJ-1,O"], ["PROJ-1,OTHER-2"]],
    [["query", "--type", "=", "TestRunF"], ["TestRunFailed"]],
    [["query", "--ord"], ["--order"]],
    [
      ["query", "--order", ""],
      ["asc", "desc"],
    ],
    [["ls", "--store", ""], [":folders"]],
    [["completion", "z"], ["zsh"]],
    [["nonsense", "x"], []],
    [["show", "--store", "/nonexistent", ""], []],
    [["--config", "/nonexistent", "show", ""], []],
    [[], undefined],
  ])("completes %j", async (words, expected) => {
    const { code, stdout, stderr } = await runCli(["__complete", "--", ...words], { env });
    expect([code, stderr]).toEqual([0, ""]);
    const values = stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => line.split("\t")[0]);
    if (expected !== undefined) expect(values).toEqual(expected);
    else expect(values).toContain("show");
  });

  it("works in bash", async () => {
    using own = temporaryFolder();
    const eso = join(own.path, "eso");
    writeFileSync(eso, `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
    chmodSync(eso, 0o755);
    const script = `PATH="${own.path}:$PATH"; source <(eso completion bash)
      COMP_WORDS=(eso show PRO); COMP_CWORD=2; _eso; printf '%s\\n' "\${COMPREPLY[@]}"`;
    expect(execFileSync("bash", ["-c", script], { encoding: "utf8", env: { ...process.env, ...env } })).toBe(
      "PROJ-1\n",
    );
  });
});

describe("the reference", () => {
  it("is what the table says", async () => {
    const { CLI_REFERENCE, renderCliReference } = await import("../../scripts/generate-cli-docs.ts");
    expect(readFileSync(CLI_REFERENCE, "utf8")).toBe(renderCliReference());
  });
});
