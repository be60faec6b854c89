import type { EventInput, EventStore } from "../src/index.ts";
import { SeededRandom } from "../src/testing/seeded-random.ts";

const PHASES = ["EXPLORE", "PLAN", "CODE", "TEST", "FIX", "DOCUMENT"] as const;
const AGENTS = ["planner", "code-writer", "test-engineer", "reviewer"] as const;
const MINUTE_MS = 60_000;

/**
 * Fills one issue with runs of about the same length: phases, agents, commits, tests, gaps and errors, times rising
 * but for one event in fifty that happened earlier than it was recorded.
 */
export async function fillRuns(
  store: EventStore,
  size: { readonly issue: string; readonly runs: number; readonly events: number },
): Promise<void> {
  const random = new SeededRandom(42);
  let now = Date.UTC(2026, 0, 1);
  for (let run = 0; run < size.runs; run++) {
    const events: EventInput[] = [];
    const each = Math.floor(size.events / size.runs);
    while (events.length < each) {
      now += random.below(MINUTE_MS);
      const late = random.chance(0.02) ? random.below(90) * MINUTE_MS : 0;
      const at = new Date(now - late).toISOString();
      events.push(eventOf({ index: events.length, each, run }, random, { issue: size.issue, at }));
    }
    await store.logEvents(events);
  }
}

interface Place {
  readonly index: number;
  readonly each: number;
  readonly run: number;
}

function eventOf(
  { index, each, run }: Place,
  random: SeededRandom,
  { issue, at }: { readonly issue: string; readonly at: string },
): EventInput {
  const common = { issue_key: issue, timestamp: at } as const;
  const orchestrator = { type: "agent", id: "orchestrator" } as const;
  if (index === 0) {
    const metadata = { issue_summary: `Work package ${run}`, initial_phase: "EXPLORE" };
    return { ...common, event_type: "OrchestrationStarted", actor: orchestrator, metadata };
  }
  if (index === each - 1)
    return {
      ...common,
      event_type: "OrchestrationCompleted",
      actor: orchestrator,
      metadata: { final_state: "done" },
    };
  if (index % 60 === 1) {
    const phase = PHASES[Math.floor((index / each) * PHASES.length)] ?? "CODE";
    return { ...common, event_type: "PhaseStarted", actor: orchestrator, metadata: { phase } };
  }
  const agent = random.pick(AGENTS);
  const actor = { type: "agent", id: agent, model: "claude-sonnet-5" } as const;
  const agent_run_id = `run-${run}-${index - (index % 3)}`;
  const kinds = [
    { event_type: "AgentSpawned", metadata: { agent_name: agent, agent_run_id, assigned_task: TASK } },
    {
      event_type: "AgentCompleted",
      metadata: { agent_name: agent, agent_run_id, task_status: "success", note: TASK },
    },
    { event_type: "CommitCreated", metadata: { commit_sha: random.hex(40), commit_message: TASK } },
    {
      event_type: "TestRunCompleted",
      metadata: { test_suite: "unit", test_run_id: agent_run_id, passed: 120, failed: 0 },
    },
    { event_type: "ErrorOccurred", metadata: { error_type: "Timeout", error_message: TASK } },
    {
      event_type: "GapIdentified",
      metadata: { gap_id: `G-${run}-${index}`, gap_type: "test", severity: "low" },
    },
    { event_type: "CommentPosted", metadata: { comment_id: `${run}-${index}`, comment_body: TASK } },
  ] as const;
  // Mostly what agents do: begin, end, commit.
  const kind = kinds[index % 3 < 2 ? index % 3 : random.below(kinds.length)] ?? kinds[0];
  return { ...common, ...kind, actor };
}

const TASK = "Add the missing retry to the payment client, cover it with tests, and keep its interface. ";
