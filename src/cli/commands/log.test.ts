import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { TestRepository } from "../../capture/test-repository.ts";
import { openStore } from "../../open.ts";
import { type CliOptions, type CliResult, runCli, temporaryFolder } from "../run-cli.fixture.ts";

/** Runs `eso log` on a store of its own and gives the events behind it. */
class Desk implements Disposable {
  readonly #folder = temporaryFolder();
  readonly path = this.#folder.path;
  readonly store = join(this.path, "events");

  log(words: readonly string[], options: CliOptions = {}): Promise<CliResult> {
    return runCli(["log", ...words, "--store", this.store], { cwd: this.path, ...options });
  }

  file(name: string, text: string | Buffer): string {
    const path = join(this.path, name);
    writeFileSync(path, text);
    return path;
  }

  async events(): Promise<Record<string, unknown>[]> {
    await using store = await openStore({ path: this.store, create: false });
    return await Array.fromAsync(store.queryEvents({}), (event) => ({ ...event }));
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}

const AGENT = ["AgentSpawned", "--issue", "PROJ-1", "-m", "agent_name=coder"];

describe("eso log", () => {
  it("records an event and prints its acknowledgement", async () => {
    using desk = new Desk();
    const { code, stdout } = await desk.log([
      ...AGENT,
      "--actor",
      "agent:planner",
      "--model",
      "m-1",
      "--json",
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      event_sequence: 1,
      position: 1,
      durability: "group",
      duplicate: false,
    });
    const [event] = await desk.events();
    expect(event).toMatchObject({
      event_type: "AgentSpawned",
      issue_key: "PROJ-1",
      actor: { type: "agent", id: "planner", model: "m-1" },
      metadata: { agent_name: "coder" },
    });
    const human = await desk.log(AGENT);
    expect(human.stdout).toMatch(/^PROJ-1 #2 {2}AgentSpawned {2}[0-9a-f-]{36} {2}\(on disk\)\n$/);
  });

  it("reads values as what the schema says, others as JSON where they are JSON", async () => {
    using desk = new Desk();
    const fields = [
      "assigned_task=12",
      "timeout_seconds=1.5",
      "assigned_files=a.ts,b.ts",
      "assigned_files=c.ts",
    ];
    const own = [
      "n=12",
      "yes=true",
      'o={"a":[1]}',
      "text=not json",
      "big=12345678901234567890",
      "a.b=1",
      "eq=x=y",
    ];
    const words = [...fields, "expected_outputs=works, mostly", ...own].flatMap((pair) => ["-m", pair]);
    expect(await desk.log([...AGENT, ...words])).toMatchObject({ code: 0 });
    expect((await desk.events())[0]?.["metadata"]).toEqual({
      agent_name: "coder",
      assigned_task: "12",
      timeout_seconds: 1.5,
      assigned_files: ["a.ts", "b.ts", "c.ts"],
      expected_outputs: ["works, mostly"],
      n: 12,
      yes: true,
      o: { a: [1] },
      text: "not json",
      big: "12345678901234567890",
      "a.b": 1,
      eq: "x=y",
    });
  });

  it("takes metadata from a file and from standard input, single fields last", async () => {
    using desk = new Desk();
    const file = desk.file("meta.json", '{"agent_name":"from file","priority":"high"}');
    const result = await desk.log(
      ["AgentSpawned", "--issue", "PROJ-1", "--meta", `@${file}`, "--meta", "-", "-m", "agent_type=x"],
      {
        stdin: '{"agent_name":"from stdin"}',
      },
    );
    expect(result).toMatchObject({ code: 0 });
    expect((await desk.events())[0]?.["metadata"]).toEqual({
      agent_name: "from stdin",
      priority: "high",
      agent_type: "x",
    });
  });

  it("takes a whole event from standard input, options last", async () => {
    using desk = new Desk();
    const stdin = JSON.stringify({
      event_type: "PhaseStarted",
      issue_key: "PROJ-9",
      metadata: { phase: "PLAN" },
    });
    expect(await desk.log(["-", "--issue", "PROJ-1"], { stdin })).toMatchObject({ code: 0 });
    expect((await desk.events())[0]).toMatchObject({
      event_type: "PhaseStarted",
      issue_key: "PROJ-1",
      phase: "PLAN",
    });
  });

  it("attaches files", async () => {
    using desk = new Desk();
    const text = "x".repeat(100_000);
    const file = desk.file("review.md", text);
    const result = await desk.log([
      "CommentPosted",
      "--issue",
      "PROJ-1",
      "-m",
      "comment_id=7",
      "--attach",
      `comment_body=@${file}`,
    ]);
    expect(result).toMatchObject({ code: 0 });
    const [event] = await desk.events();
    const body = (event as { metadata: { comment_body: { $blob: string } } }).metadata.comment_body;
    expect(body).toMatchObject({ bytes: 100_000, media_type: "text/markdown" });
    expect(readFileSync(join(desk.store, ".store", "blobs", body.$blob), "utf8")).toBe(text);
  });

  it("names the JSON path of what is wrong, and writes nothing", async () => {
    using desk = new Desk();
    const wrong = await desk.log([
      "TestRunCompleted",
      "--issue",
      "PROJ-1",
      "-m",
      "test_suite=unit",
      "-m",
      "failed=many",
    ]);
    expect(wrong.code).toBe(6);
    expect(wrong.stderr).toContain("$.metadata.failed must be a number, not a string");
    const missing = await desk.log(["GapIdentified", "--issue", "PROJ-1"]);
    expect(missing.stderr).toContain("$.metadata.gap_id is missing");
    const proto = await desk.log([...AGENT, "-m", "__proto__=1"]);
    expect(proto.code).toBe(6);
    expect(await desk.events()).toEqual([]);
  });

  it("says which type may have been meant", async () => {
    using desk = new Desk();
    const { code, stderr } = await desk.log(["AgentSpawnd", "--issue", "PROJ-1"]);
    expect(code).toBe(6);
    expect(stderr).toContain("Did you mean AgentSpawned?");
  });

  it.each([
    [[...AGENT, "--actor", "planner"], "agent:planner"],
    [[...AGENT, "--actor", "agnt:planner"], "Did you mean agent:planner?"],
    [[...AGENT, "--expect", "soon"], "none, exists or any"],
    [[...AGENT, "-m", "priority"], "neither k=v"],
    [[...AGENT, "-m", "agent_name=again"], "given twice"],
    [[...AGENT, "--timestamp", "yesterday"], "not a moment"],
    [[...AGENT, "--durability", "grup"], "Did you mean group"],
    [[...AGENT, "--attach", "x=y"], "field and a file"],
    [[], "needs <type>"],
  ])("refuses %j", async (words, says) => {
    using desk = new Desk();
    const { code, stderr } = await desk.log(words);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(says) });
  });

  it("exits with 3 for a file that is not there and with 7 for a missed expectation", async () => {
    using desk = new Desk();
    expect(await desk.log([...AGENT, "--meta", "@nowhere.json"])).toMatchObject({ code: 3 });
    expect(await desk.log([...AGENT, "--expect", "none"])).toMatchObject({ code: 0 });
    expect(await desk.log([...AGENT, "--expect", "1"])).toMatchObject({ code: 0 });
    const missed = await desk.log([...AGENT, "--expect", "1"]);
    expect(missed.code).toBe(7);
    expect(missed.stderr).toContain("PROJ-1 is at sequence 2, expected 1");
  });

  it("answers a retry with the first acknowledgement, also from another commit", async () => {
    using desk = new Desk();
    using repository = new TestRepository();
    const cwd = repository.path;
    repository.commit("PROJ-7: one");
    const words = [
      "AgentSpawned",
      "-m",
      "agent_name=coder",
      "--event-id",
      "11111111-1111-4111-8111-111111111111",
      "--json",
    ];
    repository.git("checkout", "-q", "-b", "PROJ-7-work");
    const first = await desk.log(words, { cwd });
    repository.git("checkout", "-q", "-b", "PROJ-8-other");
    repository.commit("PROJ-8: two");
    const again = await desk.log(words, { cwd });
    expect(again.code).toBe(0);
    expect(JSON.parse(again.stdout)).toEqual({ ...JSON.parse(first.stdout), duplicate: true });
    const other = await desk.log(words.with(2, "agent_name=other"), { cwd });
    expect(other.code).toBe(7);
    expect(await desk.events()).toHaveLength(1);
  });

  it("looks for the issue in the order of the contract", async () => {
    using desk = new Desk();
    using repository = new TestRepository();
    const cwd = repository.path;
    const sha = repository.commit("first");
    repository.git("checkout", "-q", "-b", "feature/PROJ-5-login");
    const words = ["AgentSpawned", "-m", "agent_name=coder"];
    const env = { ESO_SESSION: "s-1" };
    const start = [
      "OrchestrationStarted",
      "-m",
      "issue_summary=x",
      "-m",
      "initial_phase=PLAN",
      "--issue",
      "PROJ-4",
    ];
    await desk.log(words, { cwd });
    await desk.log(start, { cwd, env });
    await desk.log(words, { cwd, env });
    await desk.log(words, { cwd, env: { ...env, ESO_ISSUE: "PROJ-3" } });
    await desk.log([...words, "-m", "issue_key=PROJ-2"], { cwd, env: { ...env, ESO_ISSUE: "PROJ-3" } });
    await desk.log([...words, "--issue", "PROJ-1"], { cwd, env: { ...env, ESO_ISSUE: "PROJ-3" } });
    await desk.log([...words, "--issue", "global"], { cwd, env: { ...env, ESO_ISSUE: "PROJ-3" } });
    await desk.log(["OrchestrationCompleted", "--issue", "PROJ-4"], { cwd, env });
    await desk.log(words, { cwd, env });
    const events = await desk.events();
    const keys = events.map((event) => event["issue_key"] ?? "none");
    expect(keys).toEqual([
      "PROJ-5",
      "PROJ-4",
      "PROJ-4",
      "PROJ-3",
      "PROJ-2",
      "PROJ-1",
      "none",
      "PROJ-4",
      // the run's summary, which the store writes at its end
      "PROJ-4",
      "PROJ-5",
    ]);
    expect(events[0]).toMatchObject({
      git_sha: sha,
      branch: "feature/PROJ-5-login",
      codebase_state: { dirty: false },
    });
  }, 60_000);

  it("escapes what a hostile text would do to the terminal", async () => {
    using desk = new Desk();
    const { code, stderr } = await desk.log(["Agent\u001b[31mSpawned\u202e", "--issue", "PROJ-1"]);
    expect(code).toBe(6);
    for (const character of ["\u001b", "\u202e"]) expect(stderr).not.toContain(character);
    expect(stderr).toContain("\\u001b[31m");
  });

  it("reads the fields of a registered type by its schema", async () => {
    using desk = new Desk();
    await desk.log(AGENT);
    const schema = {
      type: "object",
      properties: { build: { type: "string" }, size: { type: "integer" } },
      required: ["build"],
    };
    writeFileSync(join(desk.store, "schemas", "custom", "ReleaseBuilt.json"), JSON.stringify(schema));
    expect(
      await desk.log(["ReleaseBuilt", "--issue", "PROJ-1", "-m", "build=12", "-m", "size=12"]),
    ).toMatchObject({ code: 0 });
    expect((await desk.events()).at(-1)?.["metadata"]).toEqual({ build: "12", size: 12 });
    expect((await desk.log(["ReleaseBuilt", "--issue", "PROJ-1"])).stderr).toContain(
      "$.metadata.build is missing",
    );
  });
});
