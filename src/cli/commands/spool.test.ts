import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { Script } from "../../capture/claude-code/session.fixture.ts";
import { runCli, startCli, temporaryFolder } from "../run-cli.fixture.ts";

/** A store with a spool, and hooks that write into it, one a second. */
class Spool {
  readonly store: string;
  readonly folder: string;
  #count = 0;

  constructor(cwd: string, name: string) {
    this.store = name;
    this.folder = join(cwd, name, ".store", "spool");
  }

  /** Puts a text there, written at a moment of its own. */
  put(text: string, { name = `cc-${1_000 + this.#count}-0.hook`, second = this.#count } = {}): void {
    this.#count += 1;
    mkdirSync(this.folder, { recursive: true });
    const path = join(this.folder, name);
    writeFileSync(path, text);
    const at = Date.UTC(2026, 5, 1, 9) / 1_000 + second;
    utimesSync(path, at, at);
  }

  hook(payload: object, session = "s-1"): void {
    const base = { session_id: session, cwd: "/home/me/shop", prompt_id: "p-1" };
    this.put(`eso-hook/1 PROJ-1-login\n${JSON.stringify({ ...base, ...payload })}`);
  }

  get left(): string[] {
    return readdirSync(this.folder);
  }

  get quarantine(): string[] {
    const folder = join(this.folder, "..", "quarantine", "hooks");
    return existsSync(folder) ? readdirSync(folder).sort() : [];
  }
}

const bash = (call: string, command: string, stdout: string): object => ({
  hook_event_name: "PostToolUse",
  tool_name: "Bash",
  tool_use_id: call,
  tool_input: { command },
  tool_response: { stdout, stderr: "", interrupted: false },
  duration_ms: 1_000,
});

/** What several sessions do at once. */
function work(spool: Spool, rounds: number): void {
  for (let round = 0; round < rounds; round += 1) {
    for (const session of ["s-1", "s-2", "s-3"]) {
      const call = `${session}-${round}`;
      spool.hook(bash(`${call}-t`, "npm test", ` Tests  ${round} failed | 4 passed (5)`), session);
      const failure = { ...bash(`${call}-p`, "git push", ""), hook_event_name: "PostToolUseFailure" };
      spool.hook({ ...failure, error: `Exit code ${round + 1}\nfatal: x` }, session);
      spool.hook(bash(`${call}-q`, "git push", ""), session);
    }
  }
  for (const session of ["s-1", "s-2", "s-3"])
    spool.hook({ hook_event_name: "SessionEnd", reason: "logout" }, session);
}

async function facts(cwd: string, store: string): Promise<string[]> {
  const { stdout } = await runCli(["query", "--jsonl", "--limit", "10000", "--store", store], { cwd });
  return stdout
    .trim()
    .split("\n")
    .map(
      (line) =>
        JSON.parse(line) as {
          event_type: string;
          event_id: string;
          timestamp: string;
          idempotency_key?: string;
        },
    )
    .filter(({ event_type }) => !event_type.startsWith("Store"))
    .map(({ event_type, event_id, timestamp }) => `${timestamp} ${event_type} ${event_id}`)
    .sort();
}

const drain = (cwd: string, store: string) => runCli(["spool", "drain", "--json", "--store", store], { cwd });

describe("the spool", () => {
  it("is emptied in order of time and name; what cannot be used is kept with the reason", async () => {
    using folder = temporaryFolder();
    const cwd = folder.path;
    await runCli(["init", "--store", "s"], { cwd });
    const spool = new Spool(cwd, "s");
    spool.hook(bash("t-2", "npm test", " Tests  5 passed (5)"));
    const work = {
      session_id: "s-1",
      prompt_id: "p-1",
      hook_event_name: "UserPromptExpansion",
      command_name: "work",
      command_args: "PROJ-1",
    };
    spool.put(`eso-hook/1 main\n${JSON.stringify(work)}`, { name: "cc-9999-0.hook", second: -5 });
    spool.put("eso-hook/1 main\n{", { name: "a.hook" });
    spool.put("something else", { name: "b.hook" });
    spool.put('eso-hook/1 \n{"session_id":"s-1","hook_event_name":"Hologram"}', { name: "c.hook" });
    spool.put("half", { name: "d.tmp" });
    const { stdout } = await drain(cwd, "s");
    expect(JSON.parse(stdout)).toMatchObject({ hooks: 5, events: 5, quarantined: 4 });
    expect((await facts(cwd, "s")).map((fact) => fact.split(" ")[1])).toEqual([
      "AgentSpawned",
      "OrchestrationStarted",
      "PhaseStarted",
      "TestRunStarted",
      "TestRunCompleted",
    ]);
    expect(spool.left).toEqual([]);
    const reasons = spool.quarantine
      .filter((name) => name.endsWith(".reason.txt"))
      .map((name) => readFileSync(join(cwd, "s", ".store", "quarantine", "hooks", name), "utf8").trim());
    expect(reasons.map((reason) => reason.replace(/JSON.*/, "JSON")).sort()).toEqual([
      "Expected property name or '}' in JSON",
      "half-written",
      "no event is made of Hologram",
      "no header that is known here",
    ]);
  });

  it("gives each fact once, whoever drains it and is killed meanwhile", async () => {
    using folder = temporaryFolder();
    const cwd = folder.path;
    const stores = ["alone", "together"].map((name) => new Spool(cwd, name));
    for (const spool of stores) {
      await runCli(["init", "--store", spool.store], { cwd });
      work(spool, 15);
    }
    const began = performance.now();
    await drain(cwd, "alone");
    const whole = performance.now() - began;
    const expected = await facts(cwd, "alone");
    expect(expected.length).toBeGreaterThan(100);
    for (const share of [0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95]) {
      const killed = startCli(["spool", "drain", "--store", "together"], { cwd });
      const timer = setTimeout(() => killed.kill("SIGKILL"), whole * share);
      await once(killed, "close");
      clearTimeout(timer);
    }
    await Promise.all([1, 2, 3, 4].map(() => drain(cwd, "together")));
    await drain(cwd, "together");
    expect(stores[1]?.left).toEqual([]);
    expect(stores[1]?.quarantine).toEqual([]);
    expect(await facts(cwd, "together")).toEqual(expected);
  });

  it("is completed by the transcripts of sessions that have ended", async () => {
    using folder = temporaryFolder();
    const cwd = folder.path;
    await runCli(["init", "--store", "s"], { cwd });
    const script = new Script({ session: "5c1f0a4e-0000-4000-8000-000000000009" }).prompt("go", "p-1");
    const test = script.call("Bash", { command: "npm test" });
    const transcript = script.result(test, " Tests  5 passed (5)").say("ok", { output: 40 }).write(cwd);
    const spool = new Spool(cwd, "s");
    spool.hook(bash(test, "npm test", " Tests  5 passed (5)"), script.session);
    spool.hook(
      { hook_event_name: "SessionEnd", reason: "other", transcript_path: transcript },
      script.session,
    );
    const { stdout } = await runCli(["reconcile", "--json", "--store", "s"], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({ hooks: 2, sessions: 1, added: 0, known: 6 });
    const state = await runCli(["stats", "agents", "--json", "--store", "s"], { cwd });
    expect(JSON.parse(state.stdout)).toMatchObject({
      agents: [{ agent_name: "claude", tokens: { output: 50 } }],
    });
    expect(JSON.parse((await runCli(["reconcile", "--json", "--store", "s"], { cwd })).stdout)).toMatchObject(
      { sessions: 0 },
    );
  });

  it("named transcripts are completed, too; a session that goes on is not ended", async () => {
    using folder = temporaryFolder();
    const cwd = folder.path;
    const transcript = new Script({ from: new Date(Date.now() - 60_000).toISOString() })
      .prompt("go")
      .say("ok")
      .write(cwd);
    const run = async (...words: string[]): Promise<unknown> =>
      JSON.parse(
        (await runCli(["reconcile", "--json", "--store", "s", transcript, ...words], { cwd })).stdout,
      );
    expect(await run()).toMatchObject({ sessions: 1, added: 2 });
    expect(await run("--ended")).toMatchObject({ sessions: 1, added: 2, known: 2 });
    expect(await runCli(["reconcile", "nowhere.jsonl", "--store", "s"], { cwd })).toMatchObject({ code: 3 });
  });
});
