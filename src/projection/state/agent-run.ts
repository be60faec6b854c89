import type { EventOf } from "../../event/registry.ts";
import type {
  AgentState,
  BlockedAgent,
  CompletedAgent,
  FailedAgent,
  OrchestrationState,
} from "./orchestration-state.ts";
import { newestOf } from "./look-back.ts";
import type { StateEdit } from "./state-edit.ts";

export type AgentEnd = EventOf<"AgentCompleted"> | EventOf<"AgentFailed"> | EventOf<"AgentBlocked">;
export type OpenList = "active_agents" | "blocked_agents";
export type EndList = "completed_agents" | "failed_agents";

/** An agent's run and the list that it stands in. */
export type AgentPlace =
  | { readonly list: "active_agents"; readonly agent: AgentState }
  | { readonly list: "blocked_agents"; readonly agent: BlockedAgent }
  | { readonly list: "completed_agents"; readonly agent: CompletedAgent }
  | { readonly list: "failed_agents"; readonly agent: FailedAgent };

/** The run that an event of an agent belongs to. */
export interface AgentRun {
  readonly id: string;
  /** Absent when nothing is known of it yet. */
  readonly place: AgentPlace | undefined;
  /** Neither an id nor a cause names the run. */
  readonly inferred: boolean;
}

type EndedOrBlocked = BlockedAgent | CompletedAgent | FailedAgent;

const OPEN = ["active_agents", "blocked_agents"] as const;
const ENDED = ["completed_agents", "failed_agents"] as const;

/** The run with this id. */
export function placeOf(edit: StateEdit, id: string): AgentPlace | undefined {
  for (const list of [...OPEN, ...ENDED]) {
    const agent = edit.find(list, id);
    if (agent !== undefined) return { list, agent } as AgentPlace;
  }
  return undefined;
}

/** Which run an event means: by id, else by its cause, else the oldest of the agent's open ones. */
export function runOfEnd(edit: StateEdit, event: AgentEnd): AgentRun {
  const { agent_run_id } = event.metadata;
  const named = agent_run_id === undefined ? undefined : placeOf(edit, agent_run_id);
  const meant = named ?? causeOf(edit, event);
  if (meant !== undefined)
    return { id: agent_run_id ?? meant.agent.agent_run_id, place: meant, inferred: false };
  if (agent_run_id !== undefined) return { id: agent_run_id, place: undefined, inferred: false };
  const place = oldestFor(edit.state, event);
  return { id: place?.agent.agent_run_id ?? event.event_id, place, inferred: true };
}

function causeOf(edit: StateEdit, { causation_id, metadata }: AgentEnd): AgentPlace | undefined {
  if (causation_id === undefined) return undefined;
  const place = placeOf(edit, causation_id);
  const isOpen = place?.list === "active_agents" || place?.list === "blocked_agents";
  return isOpen && place.agent.agent_name === metadata.agent_name ? place : undefined;
}

/** An agent that is blocked comes last for being blocked. */
function oldestFor(
  state: OrchestrationState,
  { event_type, timestamp, metadata }: AgentEnd,
): AgentPlace | undefined {
  const { agent_name } = metadata;
  const active = { active_agents: state.active_agents, blocked_agents: [] };
  const first = event_type === "AgentBlocked" ? oldestOpen(active, agent_name, timestamp) : undefined;
  return first ?? oldestOpen(state, agent_name, timestamp);
}

function oldestOpen(
  state: Pick<OrchestrationState, OpenList>,
  name: string,
  timestamp: string,
): AgentPlace | undefined {
  let oldest: AgentPlace | undefined;
  for (const list of OPEN) {
    for (const agent of state[list]) {
      if (agent.agent_name !== name || beginOf(agent) > timestamp) continue;
      if (oldest === undefined || beginOf(agent) < beginOf(oldest.agent))
        oldest = { list, agent } as AgentPlace;
    }
  }
  return oldest;
}

/** The earliest that is known of an agent's run. */
function beginOf({ started_at, since }: AgentState): string {
  return started_at ?? since;
}

/** When the run was started, as far as that is known. */
export function startOf({ list, agent }: AgentPlace): string | undefined {
  return list === "active_agents" ? beginOf(agent) : agent.started_at;
}

/** The first end after this moment whose start is not known and that names no run: the start may be this one. */
export function orphanOf(state: OrchestrationState, name: string, timestamp: string): AgentPlace | undefined {
  let first: AgentPlace | undefined;
  for (const list of ["blocked_agents", ...ENDED] as const) {
    for (const agent of newestOf<EndedOrBlocked>(state[list])) {
      const isOrphan = agent.inferred === true && agent.started_at === undefined && agent.since > timestamp;
      if (!isOrphan || agent.agent_name !== name) continue;
      if (first === undefined || agent.since < first.agent.since) first = { list, agent } as AgentPlace;
    }
  }
  return first;
}

/** Whether a run of the agent is known to have been under way at this moment, and to be over now. */
export function wasUnderWay(state: OrchestrationState, name: string, timestamp: string): boolean {
  return ENDED.some((list) =>
    newestOf(state[list]).some(
      ({ agent_name, started_at = "", since }) =>
        agent_name === name && started_at <= timestamp && timestamp <= since,
    ),
  );
}

/** Whether the agent was started after this moment. */
export function wasStartedAfter(state: OrchestrationState, name: string, timestamp: string): boolean {
  const open = OPEN.some((list) =>
    state[list].some((agent) => agent.agent_name === name && beginOf(agent) > timestamp),
  );
  const later = ({ agent_name, started_at = "" }: AgentState) =>
    agent_name === name && started_at > timestamp;
  return open || ENDED.some((list) => newestOf(state[list]).some(later));
}
