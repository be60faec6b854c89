import type { StoredEvent } from "../../event/envelope.ts";
import type { EventOf } from "../../event/registry.ts";
import {
  type AgentEnd,
  type AgentPlace,
  type EndList,
  orphanOf,
  placeOf,
  runOfEnd,
  startOf,
  wasStartedAfter,
  wasUnderWay,
} from "./agent-run.ts";
import type { AgentState } from "./orchestration-state.ts";
import { present } from "./present.ts";
import type { Reducers } from "./reducer.ts";
import type { StateEdit } from "./state-edit.ts";

type Spawned = EventOf<"AgentSpawned">;

export const agentReducers: Reducers<"AgentSpawned" | "AgentCompleted" | "AgentFailed" | "AgentBlocked"> = {
  AgentSpawned(edit, event) {
    takeUp(edit, event);
    const { agent_name, agent_run_id } = event.metadata;
    const id = agent_run_id ?? event.event_id;
    const place = placeOf(edit, id);
    if (place !== undefined) startAgain(edit, event, place);
    else {
      const orphan =
        agent_run_id === undefined ? orphanOf(edit.state, agent_name, event.timestamp) : undefined;
      if (orphan !== undefined) healStart(edit, event, orphan);
      else activate(edit, { ...told(event), agent_run_id: id, since: event.timestamp });
    }
  },

  AgentCompleted(edit, event) {
    const { task_status, next_agents = [] } = event.metadata;
    end(edit, event, { list: "completed_agents", outcome: { task_status } });
    for (const name of next_agents) askFor(edit, name, event.timestamp);
  },

  AgentFailed(edit, event) {
    const { failure_reason } = event.metadata;
    end(edit, event, { list: "failed_agents", outcome: { failure_reason } });
  },

  AgentBlocked: block,
};

/** What an event says of an agent. */
function told(event: Spawned | AgentEnd): Pick<AgentState, "agent_name" | "model" | "task"> {
  const { actor, metadata } = event;
  const own = actor.type === "agent" && actor.id === metadata.agent_name ? actor.model : undefined;
  const spawned = event.event_type === "AgentSpawned" ? event.metadata : undefined;
  return present({
    agent_name: metadata.agent_name,
    model: spawned?.agent_model ?? own,
    task: spawned?.assigned_task,
  });
}

function activate(edit: StateEdit, agent: AgentState): void {
  edit.put("active_agents", agent);
  putTask(edit, agent);
}

function putTask(edit: StateEdit, { agent_run_id, agent_name, task, since }: AgentState): void {
  const known = edit.find("pending_tasks", `agent ${agent_run_id}`);
  if (task === undefined || known?.task === task) return;
  edit.put("pending_tasks", { kind: "agent", ref: agent_run_id, task, since, agent_name });
}

/** A start of a run of which something is known already. */
function startAgain(edit: StateEdit, event: Spawned, place: AgentPlace): void {
  const { list, agent } = place;
  const { timestamp } = event;
  const goesOn = list === "blocked_agents" && timestamp === agent.since && agent.started_at !== undefined;
  if (list === "active_agents" || (timestamp <= agent.since && !goesOn)) {
    healStart(edit, event, place);
    return;
  }
  // What was blocked goes on; what had ended is tried again.
  edit.take(list, agent.agent_run_id);
  const started_at = list === "blocked_agents" ? agent.started_at : undefined;
  const { agent_run_id, model, task } = agent;
  activate(edit, present({ model, task, ...told(event), agent_run_id, since: timestamp, started_at }));
}

/** A start that was recorded behind what followed on it, or once more. */
function healStart(edit: StateEdit, event: Spawned, place: AgentPlace): void {
  const { list, agent } = place;
  const known = startOf(place);
  const start = known !== undefined && known < event.timestamp ? known : event.timestamp;
  // A run without a given id goes by the event that started it.
  const isNamed = list === "active_agents" || agent.inferred !== true;
  const agent_run_id = isNamed ? agent.agent_run_id : (event.metadata.agent_run_id ?? event.event_id);
  if (agent_run_id !== agent.agent_run_id) edit.take(list, agent.agent_run_id);
  const isSince = list === "active_agents" && agent.started_at === undefined;
  const from = isSince ? { since: start } : { started_at: start };
  const healed = { ...told(event), ...agent, ...from, agent_run_id };
  edit.put(list, healed);
  if (list === "active_agents" || list === "blocked_agents") putTask(edit, healed);
}

interface Ending {
  readonly list: EndList;
  readonly outcome: { readonly task_status?: string | undefined; readonly failure_reason?: string };
}

function end(edit: StateEdit, event: AgentEnd, { list, outcome }: Ending): void {
  const { timestamp } = event;
  const { id, place, inferred } = runOfEnd(edit, event);
  const agent = place?.agent;
  const hadEnded = place?.list === "completed_agents" || place?.list === "failed_agents";
  if (hadEnded && agent !== undefined && timestamp < agent.since) return;
  leave(edit, place, { list, id });
  edit.take("pending_tasks", `agent ${id}`);
  const ended = present({
    ...told(event),
    ...(agent === undefined ? {} : present({ model: agent.model, task: agent.task })),
    agent_run_id: id,
    since: timestamp,
    started_at: place === undefined ? undefined : startOf(place),
    ...outcome,
    inferred: inferred ? (true as const) : undefined,
  });
  edit.put(list, ended);
}

/** Takes a run out of its list and name, unless it stays there. */
function leave(
  edit: StateEdit,
  place: AgentPlace | undefined,
  to: { readonly list: AgentPlace["list"]; readonly id: string },
): void {
  if (place === undefined) return;
  const { agent_run_id } = place.agent;
  if (agent_run_id !== to.id) edit.take("pending_tasks", `agent ${agent_run_id}`);
  if (agent_run_id !== to.id || place.list !== to.list) edit.take(place.list, agent_run_id);
}

function block(edit: StateEdit, event: EventOf<"AgentBlocked">): void {
  const { timestamp, metadata } = event;
  const { id, place, inferred } = runOfEnd(edit, event);
  if (place === undefined && inferred && wasUnderWay(edit.state, metadata.agent_name, timestamp)) return;
  // It is known to have gone on since.
  if (place !== undefined && place.list !== "blocked_agents" && timestamp < place.agent.since) return;
  if (place?.list === "blocked_agents" && timestamp < place.agent.since) return;
  const agent = place?.agent;
  const blocked = present({
    ...told(event),
    ...(agent === undefined ? {} : present({ model: agent.model, task: agent.task })),
    agent_run_id: id,
    since: place?.list === "blocked_agents" ? place.agent.since : timestamp,
    started_at: place === undefined ? undefined : startOf(place),
    blocked_by: metadata.blocked_by,
    inferred: inferred ? (true as const) : undefined,
  });
  leave(edit, place, { list: "blocked_agents", id });
  edit.put("blocked_agents", blocked);
  putTask(edit, blocked);
}

/** A blocked agent goes on with the next event of its run. */
export function unblockRun(edit: StateEdit, { event_type, timestamp, metadata }: StoredEvent): void {
  const { agent_run_id } = metadata;
  if (edit.state.blocked_agents.length === 0 || typeof agent_run_id !== "string") return;
  if (Object.hasOwn(agentReducers, event_type)) return;
  const blocked = edit.find("blocked_agents", agent_run_id);
  if (blocked === undefined || timestamp < blocked.since) return;
  edit.take("blocked_agents", agent_run_id);
  const { agent_name, model, task, started_at } = blocked;
  activate(edit, present({ agent_name, agent_run_id, model, task, since: timestamp, started_at }));
}

function askFor(edit: StateEdit, name: string, timestamp: string): void {
  const asked = edit.find("pending_tasks", `next_agent ${name}`);
  if (asked !== undefined && asked.since >= timestamp) return;
  if (wasStartedAfter(edit.state, name, timestamp)) return;
  edit.put("pending_tasks", { kind: "next_agent", ref: name, task: `start ${name}`, since: timestamp });
}

/** An agent that others asked for starts. */
function takeUp(edit: StateEdit, { timestamp, metadata }: Spawned): void {
  const id = `next_agent ${metadata.agent_name}`;
  const asked = edit.find("pending_tasks", id);
  if (asked !== undefined && asked.since <= timestamp) edit.take("pending_tasks", id);
}
