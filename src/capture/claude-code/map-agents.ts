import { countOf, idOf, numberOf, objectOf, shortText, textOf } from "./json.ts";
import type { Mapping } from "./mapping.ts";
import { naturalKey } from "./natural-keys.ts";
import type { AgentEnd, AgentStart, Blocked, Seen, TaskNotice, ToolEnd, ToolStart } from "./observation.ts";
import { secondsBetween } from "./seconds.ts";
import type { Launch } from "./session-state.ts";

const MAX_TASK = 200;

/** The tool that starts agents, by its names over time. */
export function isAgentTool(tool: string | undefined): boolean {
  return tool === "Task" || tool === "Agent";
}

/** A call for an agent: who is to do what. Its prompt is not kept. */
export function launchAgent(mapping: Mapping, seen: ToolStart & Seen): void {
  const { state, foresight } = mapping;
  const { input } = seen;
  const task = textOf(input["description"]);
  const model = textOf(input["model"]);
  const isolation = textOf(input["isolation"]);
  const launch: Launch = {
    name: textOf(input["subagent_type"]) ?? "general-purpose",
    at: seen.at,
    ...(task !== undefined && { task: shortText(task, MAX_TASK) }),
    ...(model !== undefined && { model }),
    ...(isolation !== undefined && { isolation }),
    ...(seen.agent !== undefined && { parent: seen.agent }),
  };
  state.launches[seen.call] = launch;
  const agent = foresight?.agentOfCall.get(seen.call);
  if (agent !== undefined) spawn(mapping, seen, { id: agent, name: launch.name, call: seen.call });
}

/** A hook tells that an agent begins. Which call it answers is only sure when there is one that it can be. */
export function agentStarted(mapping: Mapping, seen: AgentStart & Seen): void {
  const { launches } = mapping.state;
  const open = Object.entries(launches).filter(
    ([, { name, agent }]) => name === seen.type && agent === undefined,
  );
  const [first, ...others] = open;
  const call = first !== undefined && others.length === 0 ? first[0] : undefined;
  spawn(mapping, seen, { id: seen.id, name: seen.type, call });
}

interface Started {
  readonly id: string;
  readonly name: string;
  readonly call?: string | undefined;
}

function spawn(mapping: Mapping, seen: Seen, { id, name, call }: Started): void {
  const { state } = mapping;
  const launch = call === undefined ? undefined : state.launches[call];
  const known = state.agents[id];
  const at = known?.started_at ?? seen.at;
  const { call: _call, ...where } = { call, ...seen };
  const event = mapping.emit(
    { ...where, agent: launch?.parent },
    {
      type: "AgentSpawned",
      key: naturalKey.agent(state.session, id, "spawned"),
      at,
      metadata: {
        agent_name: name,
        agent_run_id: id,
        agent_type: "subagent",
        agent_model: launch?.model,
        assigned_task: launch?.task,
        isolation: launch?.isolation,
        tool_use_id: call,
        parent_agent_run_id: launch?.parent ?? state.segment?.run,
      },
    },
  );
  if (call !== undefined && launch !== undefined) state.launches[call] = { ...launch, agent: id };
  state.agents[id] ??= {
    name,
    started_at: at,
    spawn: event,
    ...(call !== undefined && { call }),
    ...(launch?.model !== undefined && { model: launch.model }),
  };
}

/** The call for an agent returns: with its answer, at once when it goes on in the background, or in vain. */
export function agentCallEnded(mapping: Mapping, seen: ToolEnd & Seen): void {
  const { state } = mapping;
  if (state.launches[seen.call] === undefined && seen.input !== undefined)
    launchAgent(mapping, { ...seen, kind: "tool-start", tool: seen.tool ?? "Agent", input: seen.input });
  const launch = state.launches[seen.call];
  if (launch === undefined) return;
  const response = objectOf(seen.response);
  const told = idOf(response?.["agentId"]) ?? /\bagentId: ([\w-]{1,64})/.exec(seen.text)?.[1];
  // Before agents had ids, the call stood for its agent.
  const id = told ?? launch.agent ?? (mapping.foresight === undefined ? undefined : seen.call);
  if (seen.outcome !== "ok") failCall(mapping, seen, { id, launch });
  else if (id !== undefined) answered(mapping, seen, { id, launch });
  delete state.launches[seen.call];
}

function answered(
  mapping: Mapping,
  seen: ToolEnd & Seen,
  { id, launch }: { readonly id: string; readonly launch: Launch },
): void {
  const { state } = mapping;
  const response = objectOf(seen.response);
  if (launch.agent !== id)
    spawn(mapping, { ...seen, at: launch.at }, { id, name: launch.name, call: seen.call });
  const status = textOf(response?.["status"]);
  const agent = state.agents[id];
  if (status === "async_launched" || seen.text.startsWith("Async agent launched")) {
    if (agent !== undefined) state.agents[id] = { ...agent, background: true };
    return;
  }
  const model = textOf(response?.["resolvedModel"]);
  if (agent !== undefined && model !== undefined) state.agents[id] = { ...agent, model };
  const ms = numberOf(response?.["totalDurationMs"]);
  completeAgent(mapping, seen, {
    id,
    ...(ms !== undefined && { seconds: ms / 1_000 }),
    more: { tool_uses: countOf(response?.["totalToolUseCount"]) },
  });
}

function failCall(
  mapping: Mapping,
  seen: ToolEnd & Seen,
  { id, launch }: { id: string | undefined; launch: Launch },
): void {
  const reason = seen.outcome === "stopped" ? "interrupted" : "failed";
  const more = { is_interrupt: seen.outcome === "stopped", tool_use_id: seen.call };
  // The call stands for the agent that never told its own name.
  if (id === undefined || mapping.state.agents[id] === undefined)
    spawn(mapping, { ...seen, at: launch.at }, { id: id ?? seen.call, name: launch.name, call: seen.call });
  failAgent(mapping, seen, { id: id ?? seen.call, reason, more });
}

interface Ending {
  readonly id: string;
  readonly seconds?: number;
  readonly more?: Readonly<Record<string, unknown>>;
}

function completeAgent(mapping: Mapping, seen: Seen, { id, seconds, more }: Ending): void {
  const { state } = mapping;
  const agent = state.agents[id];
  if (agent === undefined) return;
  const used = mapping.ledger.take(id);
  if (used !== undefined) state.agents[id] = { ...agent, model: used.model };
  mapping.emit(
    { ...seen, agent: id },
    {
      type: "AgentCompleted",
      key: naturalKey.agent(state.session, id, "ended"),
      cause: agent.spawn,
      metadata: {
        agent_name: agent.name,
        agent_run_id: id,
        duration_seconds: seconds ?? secondsBetween(agent.started_at, seen.at),
        task_status: "completed",
        ...used,
        ...more,
      },
    },
  );
  if (mapping.foresight !== undefined) delete state.agents[id];
}

function failAgent(mapping: Mapping, seen: Seen, end: Ending & { readonly reason: string }): void {
  const { state } = mapping;
  const agent = state.agents[end.id];
  if (agent === undefined) return;
  const used = mapping.ledger.take(end.id);
  mapping.emit(
    { ...seen, agent: end.id },
    {
      type: "AgentFailed",
      key: naturalKey.agent(state.session, end.id, "ended"),
      cause: agent.spawn,
      metadata: {
        agent_name: agent.name,
        agent_run_id: end.id,
        failure_reason: end.reason,
        duration_seconds: secondsBetween(agent.started_at, seen.at),
        ...used,
        ...end.more,
      },
    },
  );
  delete state.agents[end.id];
}

/** An end that no start is known of. */
export class UnknownAgent extends Error {}

/**
 * A hook tells that an agent has ended.
 * @throws UnknownAgent for the ends of inner agents, and of sessions that report themselves.
 */
export function agentEnded(mapping: Mapping, seen: AgentEnd & Seen): void {
  if (mapping.state.agents[seen.id] === undefined)
    throw new UnknownAgent(`no start is known of agent ${seen.id}`);
  completeAgent(mapping, seen, { id: seen.id });
}

/** A background agent's end, as the model is told of it. False when the task is no agent. */
export function agentNoticed(mapping: Mapping, seen: TaskNotice & Seen): boolean {
  const agent = mapping.state.agents[seen.task];
  if (agent === undefined) return false;
  const { status = "completed" } = seen;
  if (status === "completed") completeAgent(mapping, seen, { id: seen.task });
  else failAgent(mapping, seen, { id: seen.task, reason: status });
  return true;
}

/** Agents whose end nobody told of come to it with their session, marked as reconciled. */
export function endAgents(mapping: Mapping, seen: Seen): void {
  const { state, ledger } = mapping;
  for (const id of Object.keys(state.agents)) {
    // Without the transcript, an end that was not heard of says nothing: it may have been told of in time.
    if (mapping.foresight === undefined) delete state.agents[id];
    else if (ledger.isFinal(id)) completeAgent(mapping, seen, { id, more: { reconciled: true } });
    else failAgent(mapping, seen, { id, reason: "no end recorded", more: { reconciled: true } });
  }
  state.launches = {};
}

export function agentBlocked(mapping: Mapping, seen: Blocked & Seen): void {
  const agent = mapping.agentOf(seen);
  if (agent === undefined || seen.agent === undefined) return;
  const { session, prompt = "start" } = mapping.state;
  mapping.emit(seen, {
    type: "AgentBlocked",
    key: naturalKey.step(session, prompt, `blocked:${seen.agent}:${seen.at}`),
    metadata: { agent_name: agent.name, agent_run_id: seen.agent, blocked_by: seen.by },
  });
}
