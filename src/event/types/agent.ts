import { defineEventType } from "../definition.ts";

const AgentSpawned = defineEventType({
  type: "AgentSpawned",
  version: "1.0.0",
  description: "An agent starts on a task.",
  required: (f) => ({ agent_name: f.name("The agent.") }),
  optional: (f) => ({
    agent_run_id: f.name("Tells runs of the same agent apart."),
    agent_type: f.name("The kind of agent."),
    agent_category: f.name("The group that it belongs to."),
    agent_model: f.name("The language model behind it."),
    spawn_reason: f.text("Why it was started."),
    assigned_task: f.text("What it is to do."),
    assigned_files: f.list("Files that it may change."),
    expected_outputs: f.list("What it is to deliver."),
    dependencies: f.list("What must be done before."),
    priority: f.name("How urgent the task is."),
    timeout_seconds: f.number("When it is given up."),
  }),
});

const AgentCompleted = defineEventType({
  type: "AgentCompleted",
  version: "1.0.0",
  description: "An agent finished its task.",
  required: (f) => ({ agent_name: f.name("The agent.") }),
  optional: (f) => ({
    agent_run_id: f.name("Tells runs of the same agent apart."),
    duration_seconds: f.number("From start to completion."),
    task_status: f.name("How the task ended."),
    outputs_created: f.list("What it delivered."),
    tests_written: f.count("Tests that it added."),
    tests_passed: f.count("Tests that passed at the end."),
    quality_metrics: f.object("Measured quality of the work."),
    commit_sha: f.sha("The commit that holds the work."),
    next_agents: f.list("Agents that should go on from here."),
    tokens: f.object("Tokens used, by kind."),
    cost_usd: f.number("What the run cost, in US dollars."),
  }),
});

const AgentFailed = defineEventType({
  type: "AgentFailed",
  version: "1.0.0",
  description: "An agent gave up on its task.",
  required: (f) => ({
    agent_name: f.name("The agent."),
    failure_reason: f.text("Why it failed."),
  }),
  optional: (f) => ({
    agent_run_id: f.name("Tells runs of the same agent apart."),
    error_message: f.text("The error as it was reported."),
    error_details: f.object("The error in detail."),
    retry_scheduled: f.yesNo("Whether it will be tried again."),
    retry_delay_seconds: f.number("How long until it is tried again."),
    fallback_agent: f.name("The agent that takes over."),
    human_intervention_required: f.yesNo("Whether a person must step in."),
  }),
});

const AgentBlocked = defineEventType({
  type: "AgentBlocked",
  version: "1.0.0",
  description: "An agent cannot go on until something else happens.",
  required: (f) => ({
    agent_name: f.name("The agent."),
    blocked_by: f.text("What it waits for."),
  }),
  optional: (f) => ({
    agent_run_id: f.name("Tells runs of the same agent apart."),
    blocking_agent: f.name("The agent that it waits for."),
    blocking_issue_key: f.name("The issue that it waits for."),
    estimated_unblock_time: f.time("When it can probably go on."),
    can_work_on_other_tasks: f.yesNo("Whether it has other work."),
    alternative_tasks: f.list("What it could do meanwhile."),
  }),
});

export const agentTypes = { AgentSpawned, AgentCompleted, AgentFailed, AgentBlocked } as const;
