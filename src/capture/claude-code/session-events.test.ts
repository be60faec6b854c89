import { describe, expect, it } from "vitest";

import {
  eventsIn,
  eventsOf,
  metadataOf,
  RULES,
  Script,
  SESSION,
  temporaryFolder,
  typesOf,
} from "./session.fixture.ts";

const NPM_FAILED = "Exit code 1\n Tests  1 failed | 4 passed (5)";
const NPM_PASSED = " Tests  5 passed (5)";

describe("an orchestration", () => {
  it("begins with the command that names its issue, and pauses when the session has been left", async () => {
    const script = new Script({ branch: "main" }).command("jira-orchestrator:work", "PROJ-7 --preset fast");
    const events = await eventsOf(script.say("On it.").wait(60).say("Done.", { output: 20 }));
    expect(typesOf(events)).toEqual([
      "OrchestrationStarted",
      "AgentSpawned",
      "AgentCompleted",
      "OrchestrationPaused",
    ]);
    const [started, spawned, completed, paused] = events;
    expect(started).toMatchObject({
      issue_key: "PROJ-7",
      session_id: script.session,
      metadata: { initial_phase: "EXPLORE", workflow_type: "fast", config: { preset: "fast" } },
    });
    expect(new Set(events.map(({ correlation_id }) => correlation_id))).toEqual(
      new Set([undefined, started?.event_id]),
    );
    expect(spawned).toMatchObject({ causation_id: started?.event_id, metadata: { agent_name: "claude" } });
    expect(completed).toMatchObject({
      metadata: {
        duration_seconds: 60,
        tokens: { input: 2, output: 30, cache_creation: 200, cache_read: 2_000 },
        cost_usd: 0.00301,
      },
    });
    expect(paused).toMatchObject({ timestamp: script.now, metadata: { pause_reason: "session ended" } });
  });

  it("is known by the branch, and by what the tracker says of its issue", async () => {
    const script = new Script().prompt("go");
    const call = script.call("mcp__atlassian__getJiraIssue", { issueIdOrKey: "PROJ-1" });
    const fields = {
      summary: "Login",
      issuetype: { name: "Story" },
      priority: { name: "High" },
      labels: ["web"],
    };
    const text = JSON.stringify({ key: "PROJ-1", fields });
    const events = await eventsOf(script.result(call, text, { response: [{ type: "text", text }] }));
    expect(metadataOf(events, "OrchestrationStarted")).toMatchObject([
      {
        issue_summary: "Login",
        issue_type: "Story",
        priority: "High",
        labels: ["web"],
        workflow_type: "session",
      },
    ]);
  });

  it("goes on after a long break, and in the next session", async () => {
    using folder = temporaryFolder();
    new Script()
      .prompt("go")
      .say("ok")
      .wait(7 * 3_600)
      .prompt("on")
      .say("ok")
      .write(folder.path);
    const second = "5c1f0a4e-0000-4000-8000-000000000002";
    new Script({ session: second, from: "2026-06-03T09:00:00.000Z" })
      .prompt("on")
      .say("ok")
      .write(folder.path);
    const events = await eventsIn(folder.path);
    expect(typesOf(events).filter((type) => type.startsWith("Orch"))).toEqual([
      "OrchestrationStarted",
      "OrchestrationPaused",
      "OrchestrationResumed",
      "OrchestrationPaused",
      "OrchestrationResumed",
      "OrchestrationPaused",
    ]);
    expect(new Set(events.map(({ correlation_id }) => correlation_id ?? events[0]?.event_id)).size).toBe(1);
  });

  it("leaves the issue for another with its branch, at once, and for none at a person's next prompt", async () => {
    const script = new Script().prompt("go").bash("ls");
    script.branch = "main";
    script.bash("git pull");
    script.branch = "PROJ-2";
    script.bash("ls").prompt("on");
    script.branch = "main";
    script.bash("ls").prompt("now for something else").bash("npm test", NPM_PASSED);
    const events = await eventsOf(script);
    expect(
      events
        .filter(({ event_type }) => /^(?:Orch|TestRunStarted)/.test(event_type))
        .map(({ event_type, issue_key = "global" }) => `${event_type} ${issue_key}`),
    ).toEqual([
      "OrchestrationStarted PROJ-1",
      "OrchestrationPaused PROJ-1",
      "OrchestrationStarted PROJ-2",
      "OrchestrationPaused PROJ-2",
      "TestRunStarted global",
    ]);
  });

  it("is given up by a command, and by errors of the account; the next work is another one", async () => {
    const script = new Script().command("jira:work", "PROJ-1").say("ok").command("jira:cancel");
    script.wait(1).command("jira:work", "PROJ-1").say("ok");
    const events = await eventsOf(
      script.entry({
        type: "assistant",
        isApiErrorMessage: true,
        error: "billing_error",
        message: { content: [] },
      }),
    );
    expect(metadataOf(events, "OrchestrationFailed")).toMatchObject([
      { failure_reason: "cancelled" },
      { failure_reason: "billing_error" },
    ]);
    expect(typesOf(events).filter((type) => type === "OrchestrationStarted")).toHaveLength(2);
    expect(typesOf(events)).not.toContain("OrchestrationPaused");
  });

  it("knows a merged pull request's repository by what was printed, else by where it works", async () => {
    const script = new Script().prompt("go").bash("gh pr merge 7");
    const keyOf = async (rules = RULES) =>
      (await eventsOf(script, { rules })).find(({ event_type }) => event_type === "PRMerged")
        ?.idempotency_key;
    expect(await keyOf({ ...RULES, repo: "Acme/shop" })).toBe("pr:acme/shop:7:merged");
    expect(await keyOf()).toBe(`cc:${SESSION}:pr:7:merged`);
  });

  it("is completed when its pull request is merged and its issue done", async () => {
    const script = new Script().prompt("go");
    script.bash("gh pr create --title 'PROJ-1: Login' --base main", "https://github.com/acme/shop/pull/7");
    script.bash("gh pr merge 7 --squash", "✓ Squashed and merged pull request acme/shop#7 (PROJ-1: Login)");
    script.bash("acli jira workitem transition --key PROJ-1 --status Done --yes");
    const events = await eventsOf(script);
    expect(typesOf(events).slice(2)).toEqual([
      "PRCreated",
      "PRMerged",
      "IssueTransitioned",
      "OrchestrationCompleted",
      "AgentCompleted",
    ]);
    expect(events.slice(2, 4).map(({ idempotency_key }) => idempotency_key)).toEqual([
      "pr:acme/shop:7:created",
      "pr:acme/shop:7:merged",
    ]);
    expect(metadataOf(events, "PRCreated")).toMatchObject([
      {
        pr_number: 7,
        repo: "acme/shop",
        pr_title: "PROJ-1: Login",
        base_branch: "main",
        head_branch: "PROJ-1-login",
      },
    ]);
  });
});

const completed = (agentId: string) => ({
  status: "completed",
  agentId,
  totalDurationMs: 5_000,
  totalToolUseCount: 3,
});

const coderInput = (description: string) => ({ subagent_type: "coder", description, prompt: "a secret" });

const launched = (id: string) => `Async agent launched successfully.\nagentId: ${id} (internal ID)`;

const notice = (task: string, code = 0) =>
  `<task-notification><task-id>${task}</task-id><status>completed</status><summary>Background command "t" completed (exit code ${code})</summary></task-notification>`;

describe("agents", () => {
  it("of one kind at once are told apart, each with its own tokens", async () => {
    const script = new Script().prompt("go");
    const [one, two] = [script.call("Agent", coderInput("Form")), script.call("Agent", coderInput("Mail"))];
    script.wait(1).say("b", { agent: "a2", output: 7, model: "claude-haiku-4-5" });
    script.wait(1).say("a", { agent: "a1", output: 5, model: "claude-sonnet-4-5" });
    script
      .result(two, "done", { response: completed("a2") })
      .result(one, "done", { response: completed("a1") });
    const events = await eventsOf(script);
    expect(metadataOf(events, "AgentSpawned").slice(1)).toMatchObject([
      { agent_name: "coder", agent_run_id: "a1", assigned_task: "Form" },
      { agent_name: "coder", agent_run_id: "a2", assigned_task: "Mail" },
    ]);
    expect(metadataOf(events, "AgentCompleted")).toMatchObject([
      { agent_run_id: "a2", duration_seconds: 5, tokens: { output: 7 }, model: "claude-haiku-4-5" },
      { agent_run_id: "a1", tokens: { output: 5 }, tool_uses: 3 },
      { agent_name: "claude", tokens: { output: 20 } },
    ]);
    expect(JSON.stringify(events)).not.toContain("secret");
  });

  it("are the causes of what they do, and of the agents that they start", async () => {
    const script = new Script().prompt("go");
    const outer = script.call("Agent", { subagent_type: "planner", description: "Plan" });
    const inner = script.wait(1).call("Agent", { subagent_type: "coder", description: "Code" }, "a1");
    script.bash("npm test", NPM_PASSED, { agent: "a2" });
    script.result(inner, "ok", { agent: "a1", response: completed("a2") });
    script.result(outer, "ok", { response: completed("a1") });
    const events = await eventsOf(script);
    const spawned = events.filter(({ event_type }) => event_type === "AgentSpawned");
    expect(spawned.map(({ causation_id }) => causation_id).slice(1)).toEqual(
      [0, 1].map((at) => spawned[at]?.event_id),
    );
    const test = events.find(({ event_type }) => event_type === "TestRunStarted");
    expect(test).toMatchObject({
      actor: { id: "coder" },
      causation_id: spawned[2]?.event_id,
      metadata: { agent_run_id: "a2" },
    });
  });

  it("in the background end when the model is told so", async () => {
    const script = new Script().prompt("go");
    script.result(script.call("Agent", { subagent_type: "docs" }), launched("bg-1"));
    script.say("written", { agent: "bg-1" }).wait(30);
    script.entry({ type: "queue-operation", operation: "enqueue", content: notice("bg-1") });
    script.wait(5).prompt(notice("bg-1"));
    const events = await eventsOf(script);
    expect(metadataOf(events, "AgentCompleted")).toMatchObject([
      { agent_run_id: "bg-1", duration_seconds: 32 },
      {},
    ]);
  });

  it("whose end nobody told of end with the session, marked as reconciled", async () => {
    const script = new Script().prompt("go");
    script.result(script.call("Agent", { subagent_type: "docs" }), launched("one"));
    script.result(script.call("Agent", { subagent_type: "docs" }), launched("two"));
    script.say("written", { agent: "one" });
    script.call("Bash", { command: "sleep 1000" }, "two");
    const events = await eventsOf(script);
    expect(metadataOf(events, "AgentCompleted")).toMatchObject([
      { agent_run_id: "one", reconciled: true },
      {},
    ]);
    expect(metadataOf(events, "AgentFailed")).toMatchObject([
      { agent_run_id: "two", reconciled: true, failure_reason: "no end recorded" },
    ]);
    const live = await eventsOf(script, { now: Date.parse(script.now) });
    expect(typesOf(live)).not.toContain("AgentFailed");
  });

  it("that were stopped or never began have failed", async () => {
    const script = new Script().prompt("go");
    const stopped = "The user doesn't want to proceed with this tool use.";
    script.result(script.call("Task", { subagent_type: "coder" }), stopped, { error: true });
    const events = await eventsOf(script);
    expect(metadataOf(events, "AgentFailed")).toMatchObject([
      { agent_name: "coder", failure_reason: "interrupted", is_interrupt: true },
    ]);
  });

  it("before they had ids are known by their calls", async () => {
    const script = new Script().prompt("go");
    script.result(script.call("Task", { subagent_type: "coder", description: "x" }), "done", {
      response: [{ text: "done" }],
    });
    const events = await eventsOf(script);
    expect(typesOf(events).slice(2)).toEqual([
      "AgentSpawned",
      "AgentCompleted",
      "AgentCompleted",
      "OrchestrationPaused",
    ]);
  });
});

describe("commands", () => {
  it("that test fail, and recover within the prompt", async () => {
    const script = new Script().prompt("go").bash("npm test", NPM_FAILED, { error: true });
    script.bash("npm test -- login", NPM_FAILED, { error: true }).bash("npm test", NPM_PASSED);
    const events = await eventsOf(script.prompt("next").bash("npm test", NPM_PASSED));
    expect(metadataOf(events, "TestRunCompleted").map(({ passed, failed }) => [passed, failed])).toEqual([
      [4, 1],
      [4, 1],
      [5, 0],
      [5, 0],
    ]);
    const first = events.find(({ event_type }) => event_type === "TestRunCompleted");
    expect(metadataOf(events, "RecoverySucceeded")).toMatchObject([
      { recovery_from: first?.event_id, recovery_attempt: 2, recovery_duration_seconds: 4 },
    ]);
    expect(typesOf(events)).not.toContain("ErrorOccurred");
  });

  it("that test without figures pass, break off, or say nothing through a pipe", async () => {
    const script = new Script()
      .prompt("go")
      .bash("make test", "fine")
      .bash("make test", "Exit code 2\nboom: error", { error: true });
    const events = await eventsOf(script.bash("make test | tail -1", "?"));
    expect(metadataOf(events, "TestRunFailed")).toMatchObject([
      { failure_reason: "Exit code 2", error_message: "boom: error" },
    ]);
    expect(metadataOf(events, "TestRunCompleted").map(({ outcome_unknown }) => outcome_unknown)).toEqual([
      undefined,
      true,
    ]);
  });

  it("go on in the background until the model is told", async () => {
    const script = new Script().prompt("go");
    script.bash("npm test", "Command running in background with ID: b1. Output is being written to: x");
    script.wait(60).prompt(notice("b1", 1));
    const events = await eventsOf(script.bash("npm test", "", { response: { backgroundTaskId: "b2" } }));
    expect(metadataOf(events, "TestRunFailed")).toMatchObject([
      { failure_reason: "Exit code 1", duration_seconds: 62 },
      { failure_reason: "no end recorded", reconciled: true },
    ]);
  });

  it("that commit are known by what git printed, even where a later one failed", async () => {
    const printed =
      "[PROJ-1-login 99b497c] PROJ-1: Login #time 1h, see PROJ-3\n 3 files changed, 20 insertions(+), 1 deletion(-)";
    const script = new Script().prompt("go").bash("git commit -am x", printed);
    script.bash(
      "git commit --amend --no-edit && git push",
      `Exit code 1\n${printed.replace("99b497c", "3114215")}\nerror: x`,
      { error: true },
    );
    const events = await eventsOf(script.bash("git log", printed));
    expect(metadataOf(events, "CommitCreated")).toMatchObject([
      {
        commit_sha: "99b497c",
        commit_message: "PROJ-1: Login #time 1h, see PROJ-3",
        files_changed: 3,
        insertions: 20,
        deletions: 1,
        smart_commit: true,
        sha_unresolved: true,
        related_issue_keys: ["PROJ-3"],
      },
      { commit_sha: "3114215", amended: true },
    ]);
    expect(metadataOf(events, "ErrorOccurred")).toMatchObject([{ error_message: "git push: error: x" }]);
  });

  it("that check pass or fail, where their exit code is seen", async () => {
    const script = new Script().prompt("go").bash("eslint .", "Exit code 1\n2 errors", { error: true });
    const events = await eventsOf(script.bash("tsc && eslint .").bash("eslint . | head"));
    expect(metadataOf(events, "QualityCheckFailed")).toMatchObject([
      { check_type: "lint", failure_reason: "Exit code 1" },
    ]);
    expect(metadataOf(events, "QualityCheckCompleted").map(({ check_type }) => check_type)).toEqual([
      "typecheck",
      "lint",
    ]);
    expect(typesOf(events)).toContain("RecoverySucceeded");
  });

  it("that fail are errors, told of three times a prompt at most; what a person stopped is none", async () => {
    const script = new Script().prompt("go");
    for (let n = 0; n < 5; n += 1)
      script.bash("git push", "Exit code 128\nfatal: no upstream", { error: true });
    script.bash("git push", "The user doesn't want to proceed with this tool use.", { error: true });
    script.result(
      script.call("Read", { file_path: "/x" }),
      "<tool_use_error>File does not exist.</tool_use_error>",
      { error: true },
    );
    const events = await eventsOf(script);
    expect(metadataOf(events, "ErrorOccurred")).toMatchObject([
      { error_code: "128", error_message: "git push: fatal: no upstream" },
      {},
      {},
      { error_type: "tool_failed", error_message: "Read /x: File does not exist." },
    ]);
  });
});

const phases = async (script: Script): Promise<unknown[]> =>
  metadataOf(await eventsOf(script), "PhaseStarted").map(({ phase }) => phase);

const edit = (script: Script): Script =>
  script.result(script.call("Edit", { file_path: "/home/me/shop/a.ts" }), "ok");

describe("phases", () => {
  it("are inferred from what is done", async () => {
    const script = edit(new Script().prompt("go").bash("ls"));
    edit(script.bash("npm test", NPM_FAILED, { error: true }));
    edit(script.bash("npm test", NPM_PASSED));
    expect(await phases(script)).toEqual(["CODE", "TEST", "FIX", "TEST", "CODE"]);
    const started = metadataOf(await eventsOf(script), "PhaseStarted");
    expect(started.map(({ inferred }) => inferred)).toEqual(Array(5).fill(true));
  });

  it("follow agents, plans, and the to-do list where it names them", async () => {
    const script = new Script().prompt("go");
    script.result(script.call("EnterPlanMode", {}), "ok").result(script.call("ExitPlanMode", {}), "ok");
    script.result(script.call("Agent", { subagent_type: "test-writer" }), "ok", { response: {} });
    const task = script.call("TaskCreate", { subject: "Write docs", metadata: { phase: "document" } });
    script.result(task, "ok", { response: { task: { id: "4" } } });
    script.result(script.call("TaskUpdate", { taskId: "4", status: "in_progress" }), "ok");
    expect(await phases(script)).toEqual(["PLAN", "CODE", "TEST", "DOCUMENT"]);
  });
});

const answer = (value: object) => ({ response: [{ type: "text", text: JSON.stringify(value) }] });

describe("trackers, wikis and reviews", () => {
  it("tell of what was done there", async () => {
    const script = new Script().prompt("go");
    const self = "https://acme.atlassian.net/rest/api/3/issue/1";
    const tool = (name: string, input: object, value: object) =>
      script.result(script.call(`mcp__atlassian__${name}`, input), "ok", answer(value));
    tool("transitionJiraIssue", { issueIdOrKey: "PROJ-1", transition: { id: "31", name: "In Review" } }, {});
    tool("addCommentToJiraIssue", { issueIdOrKey: "PROJ-1", commentBody: "a secret" }, { id: "55", self });
    tool("addWorklogToJiraIssue", { issueIdOrKey: "PROJ-1", timeSpent: "1h 30m" }, { id: "7", self });
    tool(
      "createConfluencePage",
      { title: "Design", spaceKey: "ENG" },
      { id: "99", _links: { base: "https://acme.atlassian.net/wiki" } },
    );
    const events = await eventsOf(script);
    expect(metadataOf(events, "IssueTransitioned")).toMatchObject([
      { to_status: "In Review", transition_id: "31" },
    ]);
    expect(metadataOf(events, "WorklogAdded")).toMatchObject([{ time_spent_seconds: 5_400 }]);
    expect(events.map(({ idempotency_key }) => idempotency_key)).toEqual(
      expect.arrayContaining([
        "jira:acme.atlassian.net:comment:55",
        "jira:acme.atlassian.net:worklog:7",
        "confluence:acme.atlassian.net:page:99",
      ]),
    );
    expect(JSON.stringify(events)).not.toContain("secret");
  });

  it("find gaps that are closed later", async () => {
    const script = new Script().prompt("go");
    const finding = {
      file: "a.ts",
      line: 3,
      category: "security",
      severity: "important",
      summary: "Open redirect",
    };
    script.result(script.call("ReportFindings", {}), "ok", { response: { findings: [finding] } });
    script.result(script.call("ReportFindings", {}), "ok", {
      response: { findings: [{ ...finding, outcome: "fixed" }] },
    });
    const events = await eventsOf(script);
    const [found] = metadataOf(events, "GapIdentified");
    expect(found).toMatchObject({ gap_type: "security", severity: "high", description: "Open redirect" });
    expect(metadataOf(events, "GapResolved")).toMatchObject([{ gap_id: found?.["gap_id"] }]);
  });

  it("tell of new documents in the project, and of pull requests that the session names", async () => {
    const script = new Script().prompt("go");
    const write = (file_path: string, type: string) =>
      script.result(script.call("Write", { file_path, content: "two words" }), "ok", { response: { type } });
    write("/home/me/shop/docs/login.md", "create");
    write("/home/me/shop/README.md", "update");
    write("/tmp/x.md", "create");
    write("/home/me/shop/a.ts", "create");
    script.entry({
      type: "pr-link",
      prNumber: 7,
      prUrl: "https://github.com/Acme/shop/pull/7",
      prRepository: "Acme/shop",
    });
    const events = await eventsOf(script);
    expect(metadataOf(events, "DocumentationCreated")).toMatchObject([
      { doc_path: "docs/login.md", word_count: 2 },
    ]);
    expect(events.find(({ event_type }) => event_type === "PRCreated")?.idempotency_key).toBe(
      "pr:acme/shop:7:created",
    );
  });
});

it("a session of no issue leaves its agents and its cost in the global stream", async () => {
  const script = new Script({ branch: "main" }).prompt("go").bash("npm test", NPM_PASSED);
  const events = await eventsOf(script);
  expect(typesOf(events)).toEqual(["AgentSpawned", "TestRunStarted", "TestRunCompleted", "AgentCompleted"]);
  expect(events.filter((event) => "issue_key" in event || "correlation_id" in event)).toEqual([]);
});
