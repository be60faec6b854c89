import type { EventInput } from "../../event/envelope.ts";
import { agentBlocked, agentEnded, agentNoticed, agentStarted } from "./map-agents.ts";
import { backgroundEnded } from "./map-commands.ts";
import { shortText } from "./json.ts";
import { beginPrompt, beginsPrompt, cancelRun, closeSegment, ensureSegment, issueAfter } from "./map-runs.ts";
import { toolEnded, toolStarted } from "./map-tools.ts";
import { pullRequestSeen } from "./map-pull-requests.ts";
import { endRun } from "./map-run-end.ts";
import { LEAD, Mapping, type MappingParts } from "./mapping.ts";
import { naturalKey } from "./natural-keys.ts";
import type { Observation, Seen, TurnFailed, Usage } from "./observation.ts";

/** After so long without a sign, a session has been left; what follows is taken up anew. */
export const IDLE_MS = 6 * 3_600_000;

/** Errors after which nothing goes on by itself. */
const FATAL = /^(?:billing_error|authentication_failed|model_not_found|oauth_org_not_allowed)$/;

/**
 * Makes events of what is seen of one session, in order. The same observations give the same events, with the
 * same ids and natural keys; nothing but the state is remembered.
 *
 * @example
 * const mapper = new SessionMapper({ state: newSession("s"), rules, runs: new Runs() });
 * for (const seen of observations) await store.logEvents(mapper.take(seen), { onDuplicate: "same-fact" });
 */
export class SessionMapper {
  readonly #mapping: Mapping;

  constructor(parts: MappingParts) {
    this.#mapping = new Mapping(parts);
  }

  /** The issue whose orchestrations must be known before this is taken. */
  issueFor(seen: Observation): string | undefined {
    return issueAfter(this.#mapping, seen);
  }

  /**
   * The events that follow from what was seen.
   * @throws UnknownAgent for the end of an agent that never began.
   */
  take(seen: Observation): EventInput[] {
    const { state } = this.#mapping;
    const isIdle = state.last !== undefined && Date.parse(seen.at) - Date.parse(state.last) > IDLE_MS;
    if (isIdle && this.#mapping.foresight !== undefined) this.#close("left alone");
    const [issue, isPrompt] = [issueAfter(this.#mapping, seen), beginsPrompt(this.#mapping, seen)];
    if (isPrompt) beginPrompt(this.#mapping, seen);
    if (seen.kind !== "sign" && seen.kind !== "session-end")
      ensureSegment(this.#mapping, seen, { issue, isPrompt });
    if (seen.agent === undefined) {
      if (seen.branch !== undefined) state.branch = seen.branch;
      if (seen.cwd !== undefined) state.cwd = seen.cwd;
    }
    if (state.last === undefined || seen.at > state.last) state.last = seen.at;
    this.#tell(seen);
    return this.#mapping.take();
  }

  /** The end of a session that has been left, at the last thing that was seen of it. */
  finish(): EventInput[] {
    this.#close("session ended");
    return this.#mapping.take();
  }

  #close(reason: string): void {
    const { session, last, branch } = this.#mapping.state;
    if (last !== undefined) closeSegment(this.#mapping, { session, at: last, branch }, reason);
  }

  #tell(seen: Observation): void {
    const mapping = this.#mapping;
    switch (seen.kind) {
      case "prompt":
        return cancelRun(mapping, seen);
      case "tool-start":
        return toolStarted(mapping, seen);
      case "tool-end":
        return toolEnded(mapping, seen);
      case "task-notice":
        if (!agentNoticed(mapping, seen)) backgroundEnded(mapping, seen);
        return;
      case "agent-start":
        return agentStarted(mapping, seen);
      case "agent-end":
        return agentEnded(mapping, seen);
      case "usage":
        return note(mapping, seen);
      case "pull-request":
        return pullRequestSeen(mapping, seen);
      case "turn-failed":
        return turnFailed(mapping, seen);
      case "blocked":
        return agentBlocked(mapping, seen);
      case "session-end":
        return closeSegment(mapping, seen, `session ended: ${shortText(seen.reason, 60)}`);
      case "sign":
        return;
    }
  }
}

function note(mapping: Mapping, seen: Usage & Seen): void {
  const { state, ledger } = mapping;
  const worker = mapping.workerOf(seen);
  ledger.add(worker, seen);
  if (worker === LEAD && seen.agent === undefined) state.model = seen.model;
  const agent = mapping.agentOf(seen);
  if (agent !== undefined && seen.agent !== undefined && agent.model === undefined)
    state.agents[seen.agent] = { ...agent, model: seen.model };
}

function turnFailed(mapping: Mapping, seen: TurnFailed & Seen): void {
  mapping.emit(seen, {
    type: "ErrorOccurred",
    key: naturalKey.call(shortText(seen.id, 300), "turn-failed"),
    metadata: {
      error_type: "turn_failed",
      error_code: seen.error,
      error_message: shortText(seen.details ?? seen.error, 240),
      recoverable: !FATAL.test(seen.error),
    },
  });
  if (!FATAL.test(seen.error)) return;
  endRun(mapping, seen, {
    type: "OrchestrationFailed",
    metadata: {
      failure_reason: seen.error,
      error_message: seen.details === undefined ? undefined : shortText(seen.details, 240),
      failure_phase: mapping.state.phase,
    },
  });
}
