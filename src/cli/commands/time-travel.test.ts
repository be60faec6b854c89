import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { OutputStream } from "../output.ts";
import { recordFailedRun, SHOP, stepId } from "../failed-run.fixture.ts";
import { run } from "../run.ts";
import { type CliResult, recordEvents, temporaryFolder } from "../run-cli.fixture.ts";

const folder = temporaryFolder();
const store = join(folder.path, "events");
beforeAll(() => recordFailedRun(store));
afterAll(() => folder[Symbol.dispose]());

/** Runs a command in this process, for another program unless a width is given. */
async function eso(words: readonly string[], columns?: number, env = {}): Promise<CliResult> {
  const [out, err] = [new Sink(columns), new Sink(columns)];
  const call = { words: [...words, "--store", store], env: { NO_COLOR: "1", ...env }, cwd: folder.path };
  const code = await run({ ...call, stdout: out, stderr: err, signal: new AbortController().signal });
  return { code, stdout: out.text, stderr: err.text };
}

class Sink implements OutputStream {
  text = "";
  readonly isTTY: boolean;
  readonly columns: number;

  constructor(columns: number | undefined) {
    this.isTTY = columns !== undefined;
    this.columns = columns ?? 0;
  }

  write(text: string, done: (error?: Error | null) => void): boolean {
    this.text += text;
    done();
    return true;
  }

  on(): this {
    return this;
  }
}

async function json<T>(...words: readonly string[]): Promise<T> {
  const { stdout, code } = await eso([...words, "--json"]);
  expect(code).toBe(0);
  const value: T = JSON.parse(stdout);
  return value;
}

/** What a person at a terminal of 80 columns sees. */
async function seen(words: readonly string[]): Promise<string> {
  return (await eso([...words, "--utc"], 80)).stdout;
}

/** The last event of the state at a moment. */
async function lastAt(moment: string): Promise<number> {
  const { state } = await json<{ state: { last_sequence: number } }>("state", SHOP, "--at", moment);
  return state.last_sequence;
}

const STATE_AT_ERROR = `\
SHOP-7  The cart forgets its items after a login
in progress · after event 18 of 25 · Tue 24 Nov 2026 13:17:00 UTC

Phases     ✓ PLAN → ✓ CODE → ▸ TEST
At work    ▸ tester: run the suite  13:12:00
Finished   2 · planner, coder
Tests      ▸ e2e running
Gaps       1 closed · gap-1
Errors     ✗ Timeout: login did not answer within 30 s  13:17:00
Commits    · 4f2a9c1d SHOP-7: cart keeps its items  13:04:00
To do      □ tester: run the suite  13:12:00
Spent      37 min since the start
`;

const WHY = `\
SHOP-7 #20  AgentFailed · Tue 24 Nov 2026 13:19:00 UTC
agent tester failed: 3 tests time out at the login
by agent tester · phase TEST · 57090018-0000-4000-8000-000000000000

#18 Timeout: login did not answer within 30 s  tester 13:17:00
└ #19 tests e2e ran: 41 passed, 3 failed  tester 13:18:00
  └ #20 agent tester failed: 3 tests time out at the login
    └ #21 TEST failed: e2e does not pass  ada 13:20:00
      ├ #22 summary of TEST, events 15–21: 1 agent failed, 1 erro…  eso 13:20:00
      └ #24 work failed in TEST: the login is too slow  ada 13:25:00
        └ #25 summary of the run, events 1–24: 1 agent failed, 1…  eso 13:25:00

Just before  in progress · TEST · at work: tester
Changed
  - at work         tester: run the suite
  + failed          tester: 3 tests time out at the login
  - to do           tester: run the suite
`;

describe("the failure of a run", () => {
  it("is found by the condition that it fulfils", async () => {
    const found = await json<{ outcome: string; sequence: number; event: object; exact: boolean }>(
      "bisect",
      SHOP,
      "size(failed_agents) > 0",
    );
    expect(found).toMatchObject({
      schema: "eso.bisect/1",
      outcome: "found",
      sequence: 20,
      exact: true,
      event: { event_id: stepId(18), event_type: "AgentFailed", actor: { id: "tester" } },
    });
    expect((await eso(["bisect", SHOP, "size(failed_agents) > 0"])).stdout).toMatch(
      /^true\t20\t.*\tAgentFailed\t/,
    );
  });

  it("has a state, seen at the mark", async () => {
    expect(await seen(["state", SHOP, "--at", "@error"])).toBe(STATE_AT_ERROR);
    const { state, moment } = await json<{ state: object; moment: object }>("state", SHOP, "--at", "@error");
    expect(moment).toEqual({ kind: "sequence", sequence: 18 });
    expect(state).toMatchObject({ status: "in_progress", current_phase: "TEST", last_sequence: 18 });
  });

  it("has a timeline around it", async () => {
    const { stdout } = await eso(["at", SHOP, "@error", "--window", "2"]);
    expect(stdout.split("\n").map((line) => line.split("\t").slice(0, 3).join(" "))).toEqual([
      "before 2026-11-24T13:17:00.000Z 18",
      "after 2026-11-24T13:18:00.000Z 19",
      "after 2026-11-24T13:19:00.000Z 20",
      "",
    ]);
    const view = await seen(["at", SHOP, "@error"]);
    expect(view).toContain("━━ 13:17:00 ━");
    expect(view.match(/Tue 24 Nov 2026$/gm)).toHaveLength(1);
    expect(view.indexOf("✗ Timeout")).toBeLessThan(view.indexOf("━━ 13:17:00"));
    expect(view.indexOf("━━ 13:17:00")).toBeLessThan(view.indexOf("tests e2e ran"));
  });

  it("can be explained, from its first cause to what came of it", async () => {
    expect(await seen(["why", `${SHOP}:20`])).toBe(WHY);
    const why = await json<{ causes: object[]; effects: object[] }>("why", stepId(18));
    expect(why.causes).toMatchObject([{ event_id: stepId(17) }, { event_id: stepId(16) }]);
    const { stdout } = await eso(["why", "57090018"]);
    expect(stdout.split("\n").map((line) => line.split("\t")[0])).toEqual([
      "cause -2",
      "cause -1",
      "event",
      "effect 1",
      "effect 2",
      "effect 2",
      "effect 3",
      "",
    ]);
  });

  it("would not stand in a state without it", async () => {
    const other = await json<{ state: { failed_agents: object[] }; changes: object[] }>(
      "whatif",
      SHOP,
      "--without",
      "seq:20",
    );
    expect(other.state.failed_agents).toEqual([]);
    expect(other.changes).toContainEqual(
      expect.objectContaining({ kind: "removed", path: "/failed_agents/0", direction: "lost" }),
    );
    expect(await seen(["whatif", SHOP, "--without", "seq:20"])).toContain(
      "without 1 event: 3 things would be",
    );
  });
});

describe("the state at a moment", () => {
  it("shows what was happening at two", async () => {
    const view = await json<{ current_phase: string; active_agents: object[]; open_gaps: object[] }>(
      "at",
      SHOP,
      "2026-11-24T14:00:00+01:00",
    );
    expect(view.current_phase).toBe("CODE");
    expect(view.active_agents).toMatchObject([{ agent_name: "coder", task: "keep the cart over a login" }]);
    expect(view.open_gaps).toMatchObject([{ gap_id: "gap-1" }]);
  });

  it("is inclusive, by time and by sequence", async () => {
    expect(await lastAt("2026-11-24T13:17:00Z")).toBe(18);
    expect(await lastAt("2026-11-24T13:16:59.999Z")).toBe(17);
    expect(await lastAt("seq:18")).toBe(18);
    expect(await lastAt("2026-11-24")).toBe(25);
    expect(await lastAt("2026-11-23")).toBe(0);
    expect(await lastAt("@start")).toBe(1);
    expect(await lastAt("@end")).toBe(25);
  });

  it("can be what had been recorded by then", async () => {
    await recordEvents(store, [
      { issue_key: "LATE-1" },
      {
        issue_key: "LATE-1",
        event_type: "AgentSpawned",
        timestamp: "2026-11-24T12:00:00Z",
        metadata: { agent_name: "late" },
      },
    ]);
    const at = ["state", "LATE-1", "--at", "2026-11-24T13:00:00.500Z"];
    const [happened, known] = await Promise.all([
      json<{ state: { active_agents: object[] } }>(...at),
      json<{ state: { active_agents: object[] } }>(...at, "--known"),
    ]);
    expect([happened.state.active_agents.length, known.state.active_agents.length]).toEqual([1, 0]);
    expect((await eso(["state", "LATE-1", "--at", "seq:1", "--known"])).code).toBe(2);
  });

  it("before the first event says so, and behind the last one too", async () => {
    expect(await seen(["state", SHOP, "--at", "2026-11-23"])).toContain("nothing had happened");
    expect((await eso(["state", SHOP, "--at", "seq:99"])).stderr).toContain("has 25 events");
  });
});

describe("eso diff", () => {
  it("names the event behind each change", async () => {
    const view = await seen(["diff", SHOP, "@error", "seq:21"]);
    expect(view).toContain("5 changes by 3 events");
    expect(view).toContain("#20 2026-11-24 13:19:00  AgentFailed: agent tester failed");
    expect(view).toContain("  - at work         tester: run the suite\n");
    expect(view).toContain("  + failed          tester: 3 tests time out at the login\n");
    expect(view).toContain("  ~ phase visit     TEST: open → TEST: failed\n");
  });

  it("goes backwards too, and says what is not known any more", async () => {
    const view = await seen(["diff", SHOP, "seq:21", "@error"]);
    expect(view).toContain("Counts at the first moment only; without it:\n  + at work         tester");
    const { changes } = await json<{ changes: object[] }>("diff", SHOP, "seq:9", "seq:8");
    expect(changes).toContainEqual(expect.objectContaining({ key: "pending_tasks", kind: "removed" }));
  });

  it("finds nothing between a moment and itself", async () => {
    expect(await seen(["diff", SHOP, "seq:5", "seq:5"])).toContain("nothing changed");
    expect((await eso(["diff", SHOP, "seq:5", "seq:5"])).stdout).toBe("");
  });
});

describe("eso bisect", () => {
  it("has an exit code of its own for a condition that never holds", async () => {
    const { code, stdout } = await eso(["bisect", SHOP, "size(failed_agents) > 7"]);
    expect([code, stdout]).toEqual([3, "never_true\n"]);
    const { code: typo, stderr } = await eso(["bisect", SHOP, "size(failed_agentz) > 7"]);
    expect(typo).toBe(2);
    expect(stderr).toContain("Did you mean failed_agents?");
  });

  it("tells where a condition holds no more", async () => {
    const view = await seen(["bisect", SHOP, 'current_phase == "CODE"']);
    expect(view).toContain("turned true at #6 PhaseCompleted by ada");
    expect(view).toContain("false again at #13 PhaseCompleted by ada");
    expect(await seen(["bisect", SHOP, "true"])).toContain("true already at event 0");
    const { stderr } = await eso(["bisect", SHOP, 'errors.exists(e, e.eror_type == "x")']);
    expect(stderr).toContain("8 states could not answer: No such key: eror_type");
  });
});

describe("eso whatif", () => {
  it("adds events of a file and writes nothing", async () => {
    const file = join(folder.path, "plan.jsonl");
    const actor = { type: "user", id: "ada" };
    const worklog = { event_type: "WorklogAdded", actor, metadata: { time_spent_seconds: 900 } };
    writeFileSync(file, `${JSON.stringify(worklog)}\n\n${JSON.stringify(worklog)}\n`);
    const other = await json<{ state: object }>("whatif", SHOP, "--with", file);
    expect(other.state).toMatchObject({ worklog_seconds: 1_800, last_sequence: 27 });
    expect(await seen(["whatif", SHOP, "--with", file])).toContain("~ worklog         0 ms → 30 min");
    expect((await json<{ state: object }>("state", SHOP)).state).toMatchObject({ last_sequence: 25 });
  });

  it("refuses what could not be logged, naming the line or the field", async () => {
    const file = join(folder.path, "wrong.jsonl");
    writeFileSync(file, '{"event_type":"WorklogAdded","actor":{"type":"user","id":"ada"},"metadata":{}}\n');
    const wrong = await eso(["whatif", SHOP, "--with", file]);
    expect([wrong.code, wrong.stderr.includes("time_spent_seconds")]).toEqual([6, true]);
    writeFileSync(file, "{]\n");
    expect((await eso(["whatif", SHOP, "--with", file])).stderr).toContain("wrong.jsonl:1");
    expect((await eso(["whatif", SHOP])).code).toBe(2);
  });
});

it("an event is named by id, the beginning of one, or its place", async () => {
  const { code, stderr } = await eso(["why", "57090"]);
  expect([code, stderr.includes("does not name an event")]).toEqual([2, true]);
  expect((await eso(["why", "00000000"])).code).toBe(3);
  expect((await eso(["why", "seq:3"])).stderr).toContain("of which issue?");
  expect((await eso(["why", "seq:3"], undefined, { ESO_ISSUE: SHOP })).code).toBe(0);
  expect((await eso(["why", `${SHOP}:99`])).stderr).toContain("has no event 99: it has 25");
});

it("event text cannot speak to the terminal", async () => {
  const evil = "a\u001b[2J\u202eb\u0000\n\td";
  await recordEvents(store, [
    {
      issue_key: "EVIL-1",
      event_type: "OrchestrationStarted",
      metadata: { issue_summary: evil, initial_phase: "PLAN" },
    },
    {
      issue_key: "EVIL-1",
      event_type: "AgentSpawned",
      actor: { type: "agent", id: evil },
      metadata: { agent_name: evil, assigned_task: evil },
    },
    { issue_key: "EVIL-1", event_type: "AgentFailed", metadata: { agent_name: evil, failure_reason: evil } },
  ]);
  const calls = [
    ["state", "EVIL-1"],
    ["at", "EVIL-1", "@error"],
    ["diff", "EVIL-1", "seq:0"],
    ["why", "EVIL-1:3"],
    ["bisect", "EVIL-1", "size(failed_agents) > 0"],
    ["whatif", "EVIL-1", "--without", "seq:3"],
  ];
  for (const words of calls) {
    for (const columns of [80, undefined]) {
      const { code, stdout } = await eso(words, columns);
      expect([code, words[0]]).toEqual([0, words[0]]);
      expect(stdout).toContain("\\u001b[2J\\u202eb\\u0000\\n\\td");
      // oxlint-disable-next-line no-control-regex -- finding control characters is the purpose
      expect(stdout).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202e]/);
    }
  }
});
