import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { asHooks, spoolHooks } from "../../capture/claude-code/as-hooks.fixture.ts";
import { findSessions } from "../../capture/claude-code/find-sessions.ts";
import { Script } from "../../capture/claude-code/session.fixture.ts";
import { TestRepository } from "../../capture/test-repository.ts";
import { runCli, startCli, temporaryFolder } from "../run-cli.fixture.ts";

interface Backfilled {
  readonly sessions: number;
  readonly found: Readonly<Record<string, number>> & { readonly tokens: Readonly<Record<string, number>> };
  readonly added: number;
  readonly known: number;
  readonly rejected: number;
  readonly git: { readonly added: number; readonly known: number } | null;
}

async function backfill(cwd: string, ...words: readonly string[]): Promise<Backfilled> {
  const { stdout, stderr, code } = await runCli(["backfill", "--json", ...words], {
    cwd,
    env: { HOME: cwd },
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as Backfilled;
}

/** Everything that is recorded: each fact's type and natural key, and the state that follows for each issue. */
async function recorded(cwd: string, store: string): Promise<{ facts: string[]; states: unknown[] }> {
  const { stdout } = await runCli(["query", "--jsonl", "--limit", "100000", "--store", store], { cwd });
  const events = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { event_type: string; idempotency_key?: string; issue_key?: string });
  const facts = events
    .filter(({ event_type }) => event_type !== "StoreRecovered")
    .map(({ event_type, idempotency_key }) => `${event_type} ${idempotency_key}`);
  const issues = [
    ...new Set(events.map(({ issue_key }) => issue_key).filter((key) => key !== undefined)),
  ].sort();
  const states = [];
  for (const issue of issues)
    states.push(JSON.parse((await runCli(["state", issue, "--json", "--store", store], { cwd })).stdout));
  return { facts: facts.sort(), states };
}

/** A session with a little of everything. */
function script(session: string, branch: string, from: string): Script {
  const one = new Script({ session, branch, from }).command("jira:work", branch.slice(0, 6));
  const agent = one.call("Agent", { subagent_type: "coder", description: "Form" });
  for (let round = 0; round < 20; round += 1) {
    one.bash("npm test", "Exit code 1\n Tests  1 failed | 4 passed (5)", { error: true, agent: "a1" });
    one.result(one.call("Edit", { file_path: "/home/me/shop/a.ts" }), "ok");
    one.bash("npm test", " Tests  5 passed (5)").say("better", { output: 7 });
  }
  one.result(agent, "done", { response: { status: "completed", agentId: "a1" } });
  return one.bash("git commit -am x", `[${branch} 99b497c] ${branch}: x\n 1 file changed, 1 insertion(+)`);
}

function writeSessions(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const n of [1, 2, 3])
    script(
      `5c1f0a4e-0000-4000-8000-00000000000${n}`,
      `PROJ-${(n % 2) + 1}`,
      `2026-06-0${n}T09:00:00.000Z`,
    ).write(folder);
}

describe("eso backfill", () => {
  it("records sessions once, and a dry run nothing", async () => {
    using folder = temporaryFolder();
    const cwd = folder.path;
    writeSessions(join(cwd, "transcripts"));
    const from = ["--from", "transcripts"];
    const dry = await backfill(cwd, ...from, "--dry-run", "--store", "s");
    expect(existsSync(join(cwd, "s"))).toBe(false);
    const first = await backfill(cwd, ...from, "--store", "s");
    expect(first).toMatchObject({
      sessions: 3,
      found: { issues: 2, agents: 3, test_runs: 120, commits: 1 },
      known: 2,
    });
    expect(dry.found).toEqual(first.found);
    expect(await backfill(cwd, ...from, "--store", "s")).toMatchObject({ added: 0, known: first.added + 2 });
    expect(await backfill(cwd, ...from, "--dry-run", "--store", "s")).toMatchObject({ added: 0 });
    const { stdout } = await runCli(["backfill", "--from", "transcripts", "--store", "s"], { cwd });
    expect(stdout).toMatch(/^found in 3 sessions: 2 issues, 3 agents, 1 commit, 120 test runs\n/m);
  });

  it("takes this project's sessions and its git history, commits under their whole SHAs", async () => {
    using repository = new TestRepository();
    using home = temporaryFolder();
    const sha = repository.commit("PROJ-1: x");
    const places = ["", "-api", "x"].map((more) =>
      join(home.path, ".claude", "projects", repository.path.replaceAll(/[^A-Za-z0-9]/g, "-") + more),
    );
    for (const [n, place] of places.entries()) {
      mkdirSync(place, { recursive: true });
      const one = new Script({
        session: `5c1f0a4e-0000-4000-8000-00000000000${n}`,
        branch: `PROJ-${n + 1}`,
      }).prompt("go");
      if (n === 0) one.bash("git commit -m x", `[PROJ-1 ${sha.slice(0, 7)}] PROJ-1: x`);
      one.say("ok").write(place);
    }
    const run = async (...words: string[]): Promise<Backfilled> => {
      const env = { HOME: home.path };
      const { stdout } = await runCli(["backfill", "--json", ...words], { cwd: repository.path, env });
      return JSON.parse(stdout) as Backfilled;
    };
    expect(await run()).toMatchObject({
      sessions: 2,
      found: { issues: 2, commits: 1 },
      git: { added: 0, known: 1 },
    });
    expect(await run("--all", "--no-git")).toMatchObject({ sessions: 3, git: null });
    const { stdout } = await runCli(["query", "--type", "CommitCreated", "--jsonl"], {
      cwd: repository.path,
    });
    expect(JSON.parse(stdout)).toMatchObject({
      git_sha: sha,
      idempotency_key: `commit:${sha}`,
      issue_key: "PROJ-1",
      metadata: { commit_sha: sha, agent_author: "claude" },
    });
  });

  it("tells of what is missing, and of lines that are none", async () => {
    using folder = temporaryFolder();
    const cwd = folder.path;
    expect(await runCli(["backfill", "--from", "nowhere"], { cwd })).toMatchObject({ code: 3 });
    expect(await runCli(["backfill"], { cwd, env: { HOME: cwd } })).toMatchObject({
      code: 0,
      stdout: "found no sessions\n0 events new, 0 known\n",
    });
    writeFileSync(
      join(cwd, "x.jsonl"),
      'nonsense\n{"type":"hologram","timestamp":"2026-06-01T00:00:00Z"}\n{"type":"us',
    );
    const { stderr, code } = await runCli(["backfill", "--from", "x.jsonl"], { cwd });
    expect({ stderr, code }).toEqual({
      code: 0,
      stderr:
        "note: 1 lines were no JSON and were passed over\nnote: entries of kinds not known here were passed over: 1 hologram\n",
    });
  });

  it("killed at any moment and run again comes to the same record", async () => {
    using folder = temporaryFolder();
    const cwd = folder.path;
    writeSessions(join(cwd, "transcripts"));
    const words = ["backfill", "--from", "transcripts", "--store"];
    const began = performance.now();
    await runCli([...words, "whole"], { cwd });
    const whole = performance.now() - began;
    const expected = await recorded(cwd, "whole");
    expect(expected.facts.length).toBeGreaterThan(400);
    for (const share of [0.4, 0.6, 0.75, 0.9]) {
      const store = `killed-${share}`;
      const child = startCli([...words, store], { cwd });
      const timer = setTimeout(() => child.kill("SIGKILL"), whole * share);
      await once(child, "close");
      clearTimeout(timer);
      await runCli([...words, store], { cwd });
      expect(await recorded(cwd, store)).toEqual(expected);
    }
  });
});

/** What is recorded of sessions by hooks and then by their transcripts, and what by the transcripts alone. */
async function bothWays(cwd: string, from: string): Promise<[string[], string[]]> {
  await runCli(["init", "--store", "hooks"], { cwd });
  const told = findSessions(from).flatMap(({ path }) => asHooks(path));
  spoolHooks(join(cwd, "hooks"), told);
  const drained = await runCli(["spool", "drain", "--json", "--store", "hooks"], { cwd });
  expect(JSON.parse(drained.stdout)).toMatchObject({ hooks: told.length, quarantined: 0 });
  expect((await recorded(cwd, "hooks")).facts.length).toBeGreaterThan(50);
  await runCli(["reconcile", "--store", "hooks"], { cwd });
  await runCli(["backfill", "--from", from, "--store", "transcripts-only"], { cwd });
  const [hooks, transcripts] = [await recorded(cwd, "hooks"), await recorded(cwd, "transcripts-only")];
  const facts = hooks.facts.filter((fact) => !fact.startsWith("Store"));
  return [facts, transcripts.facts.filter((fact) => !fact.startsWith("Store"))];
}

it("hooks and a reconciled transcript come to the same facts as the transcript alone", async () => {
  using folder = temporaryFolder();
  const from = join(folder.path, "transcripts");
  writeSessions(from);
  const [hooks, transcripts] = await bothWays(folder.path, from);
  expect(hooks).toEqual(transcripts);
});

const SAMPLES = "/work/shared/samples/claude-transcripts/projects";
const MISSING = existsSync(SAMPLES) ? "" : ` (skipped: ${SAMPLES} is absent)`;

/** What `jq` says of the transcripts, line by line. */
function byJq(filter: string, ...globs: readonly string[]): number {
  const command = `cat ${globs.map((glob) => `${SAMPLES}/*/${glob}`).join(" ")} | jq -s '${filter}'`;
  return Number(execFileSync("/bin/sh", ["-c", command], { encoding: "utf8", maxBuffer: 1e8 }));
}

const tokens = (name: string): string =>
  `[.[] | select(.type=="assistant" and .message.model!="<synthetic>")] | group_by(.message.id) | map(last.message.usage.${name} // 0) | add`;

describe.skipIf(MISSING !== "")(`real sessions${MISSING}`, () => {
  const own = "*.jsonl";
  const all = ["*.jsonl", "*/subagents/*.jsonl"];
  const calls = '[.[] | select(.type=="assistant") | .message.content[] | select(.type=="tool_use")';
  const failures =
    '[.[] | select(.type=="user") | .message.content | arrays | .[] | select(.type=="tool_result" and .is_error==true) | select((.content|tostring) | startswith("The user") | not)]';

  it("give what an independent count finds in them", async () => {
    using folder = temporaryFolder();
    const cwd = folder.path;
    mkdirSync(join(cwd, "config"));
    writeFileSync(
      join(cwd, "config", "event-sourcing.yaml"),
      'issue_key:\n  pattern: "^spotter-[a-z0-9]+$"\n',
    );
    const { found, rejected } = await backfill(cwd, "--from", SAMPLES, "--store", "s");
    expect(rejected).toBe(0);
    const { stdout } = await runCli(["query", "--jsonl", "--limit", "10000", "--store", "s"], { cwd });
    const events = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { event_type: string; metadata: Record<string, unknown> });
    const count = (test: (event: (typeof events)[number]) => boolean): number => events.filter(test).length;
    expect({
      agents: found["agents"],
      commits: found["commits"],
      test_runs: found["test_runs"],
      failures: count(
        ({ event_type: type, metadata }) =>
          type === "ErrorOccurred" ||
          type === "QualityCheckFailed" ||
          type === "TestRunFailed" ||
          (type === "TestRunCompleted" && Number(metadata["failed"] ?? 0) > 0),
      ),
      tokens: found.tokens,
    }).toEqual({
      agents: byJq(`${calls} | select(.name=="Task")] | length`, ...all),
      commits: byJq(
        '[.[] | select(.type=="user") | .message.content | arrays | .[] | select(.type=="tool_result") | .content | strings | scan("(?m)^\\\\[[a-z0-9-]+ [0-9a-f]{7,}\\\\] feat")] | length',
        own,
      ),
      test_runs: byJq(
        `${calls} | select(.name=="Bash") | .input.command | select(test("(^|&& )mix test"))] | length`,
        ...all,
      ),
      failures: byJq(`${failures} | length`, ...all),
      tokens: {
        input: byJq(tokens("input_tokens"), ...all),
        output: byJq(tokens("output_tokens"), ...all),
        cache_creation: byJq(tokens("cache_creation_input_tokens"), ...all),
        cache_read: byJq(tokens("cache_read_input_tokens"), ...all),
      },
    });
    expect(count(({ event_type }) => event_type === "AgentSpawned")).toBe(
      count(({ event_type }) => event_type === "AgentCompleted"),
    );
    expect(await backfill(cwd, "--from", SAMPLES, "--store", "s")).toMatchObject({ added: 0 });
    const [hooks, transcripts] = await bothWays(cwd, SAMPLES);
    expect(hooks).toEqual(transcripts);
  });
});
