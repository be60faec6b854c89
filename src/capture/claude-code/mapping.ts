import type { Actor, EventInput } from "../../event/envelope.ts";
import { present, shortText, tidy } from "./json.ts";
import { Ledger } from "./ledger.ts";
import { idOfKey } from "./natural-keys.ts";
import type { Seen } from "./observation.ts";
import { sessionKeys, type SessionKeyRules } from "./pattern-keys.ts";
import type { Runs } from "./runs.ts";
import type { AgentRun, SessionState } from "./session-state.ts";

/** What a mapping goes by. */
export interface MappingRules {
  readonly keys: SessionKeyRules;
  /** The configured phases, in their usual order. */
  readonly phases: readonly string[];
  /** `owner/name` of the repository worked in; for pull requests that are named by their number alone. */
  readonly repo?: string | undefined;
}

/** What a look at the whole transcript tells beforehand. */
export interface Foresight {
  /** The agent that a call started. */
  readonly agentOfCall: ReadonlyMap<string, string>;
  /** What the tracker says of issues, by key. */
  readonly issues: ReadonlyMap<string, IssueFacts>;
}

export interface IssueFacts {
  readonly summary?: string;
  readonly type?: string;
  readonly priority?: string;
  readonly labels?: readonly string[];
  readonly components?: readonly string[];
}

/** What a mapping works on. */
export interface MappingParts {
  readonly state: SessionState;
  readonly rules: MappingRules;
  readonly runs: Runs;
  /** With a whole transcript before it; hooks come one by one. */
  readonly foresight?: Foresight;
}

/** An event about to be told of. */
export interface Fact {
  readonly type: string;
  readonly key: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Default: when it was seen. */
  readonly at?: string;
  readonly cause?: string | undefined;
  /** The issue that the fact itself names; default the session's. */
  readonly issue?: string | undefined;
  /** Default: the agent that it was seen with. */
  readonly actor?: Actor;
  readonly phase?: string | undefined;
}

const NAME_MAX = 120;
const KEY_MAX = 500;

/** The session's own agent. */
export const LEAD = "claude";

/** What all parts of a session's mapping share: its state, and the events made so far. */
export class Mapping {
  readonly state: SessionState;
  readonly rules: MappingRules;
  readonly runs: Runs;
  readonly foresight: Foresight | undefined;
  readonly ledger = new Ledger();
  #events: EventInput[] = [];

  constructor({ state, rules, runs, foresight }: MappingParts) {
    this.state = state;
    this.rules = rules;
    this.runs = runs;
    this.foresight = foresight;
  }

  /** Tells of a fact; the id of its event. */
  emit(seen: Seen, fact: Fact): string {
    const { segment, session } = this.state;
    const issue = fact.issue ?? segment?.issue;
    const ofRun = issue !== undefined && issue === segment?.issue;
    const agent = this.agentOf(seen);
    const key = fact.key.slice(0, KEY_MAX).toWellFormed();
    const id = idOfKey(key);
    const metadata = {
      ...fact.metadata,
      ...(agent !== undefined && fact.metadata["agent_run_id"] === undefined && { agent_run_id: seen.agent }),
    };
    const cause = fact.cause ?? (fact.type === "OrchestrationStarted" ? undefined : this.causeOf(seen));
    const event: EventInput = {
      event_id: id,
      event_type: fact.type,
      timestamp: fact.at ?? seen.at,
      ...present({
        issue_key: issue,
        session_id: session,
        correlation_id: ofRun ? segment?.correlation : undefined,
        causation_id: cause === id ? undefined : cause,
        phase: fact.phase ?? (ofRun ? this.state.phase : undefined),
        branch: seen.branch ?? this.state.branch,
      }),
      actor: fact.actor ?? this.actorOf(agent),
      metadata: tidy(metadata),
      idempotency_key: key,
      source: { provider: "claude-code" },
    };
    this.#events.push(event);
    return id;
  }

  /** The events made since the last time. */
  take(): EventInput[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  agentOf({ agent }: Seen): AgentRun | undefined {
    return agent === undefined ? undefined : this.state.agents[agent];
  }

  /** Who tokens and activity are counted to: inner agents of Claude Code count to the session's own agent. */
  workerOf(seen: Seen): string {
    return this.agentOf(seen) === undefined ? LEAD : (seen.agent ?? LEAD);
  }

  /** The start of the agent at work. */
  causeOf(seen: Seen): string | undefined {
    // While the first of them is made there is none.
    return (this.agentOf(seen)?.spawn ?? this.state.segment?.spawn) || undefined;
  }

  actorOf(agent: AgentRun | undefined): Actor {
    const model = agent === undefined ? this.state.model : agent.model;
    const id = shortText(agent?.name ?? LEAD, NAME_MAX);
    return { type: "agent", id, ...(model !== undefined && { model: shortText(model, NAME_MAX) }) };
  }

  keysIn(sources: Parameters<typeof sessionKeys>[0]): string[] {
    return sessionKeys(sources, this.rules.keys);
  }
}
