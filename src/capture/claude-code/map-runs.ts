import { endAgents } from "./map-agents.ts";
import { endOpenTests } from "./map-commands.ts";
import { present } from "./json.ts";
import { CLAUDE_CODE, endRun, isOver } from "./map-run-end.ts";
import { LEAD, type Mapping } from "./mapping.ts";
import { naturalKey } from "./natural-keys.ts";
import type { Observation, Prompt, Seen } from "./observation.ts";
import type { Segment } from "./session-state.ts";
import { before, secondsBetween } from "./seconds.ts";

/** The original's commands, under whatever plugin they are installed. */
const NAMES_ISSUE = /(?:^|:)(?:work|commit|pr|ship|approve|review|quality)$/;
/** Stands for no issue; no issue may be called so. */
const GLOBAL = "global";
const CANCELS = /(?:^|:)cancel$/;

/** The issue that a session works on after an observation, if it is known by then. */
export function issueAfter(mapping: Mapping, seen: Observation): string | undefined {
  const { state } = mapping;
  const named = seen.kind === "prompt" ? keyOfCommand(mapping, seen) : undefined;
  if (named !== undefined) return named;
  if (state.pinned !== undefined) return state.pinned;
  if (seen.agent !== undefined && state.segment !== undefined) return state.segment.issue;
  const branch = seen.branch ?? state.branch;
  const [key] = branch === undefined ? [] : mapping.keysIn({ branch });
  // Only a person's next prompt leads away from an issue; a look at another branch does not.
  return key ?? (beginsPrompt(mapping, seen) ? undefined : state.segment?.issue);
}

/** Whether a person has asked for something new; hooks tell it by the prompt's id alone. */
export function beginsPrompt({ state }: Mapping, { kind, prompt }: Observation): boolean {
  return kind === "prompt" || (prompt !== undefined && prompt !== state.prompt);
}

function keyOfCommand(mapping: Mapping, { command }: Prompt): string | undefined {
  if (command === undefined || !NAMES_ISSUE.test(command.name)) return undefined;
  return mapping.keysIn({ subject: command.args, branch: command.args })[0];
}

/** A person asks for something: failures of the last prompt are not taken up any more. */
export function beginPrompt(mapping: Mapping, seen: Observation): void {
  const { state } = mapping;
  if (seen.prompt !== undefined) state.prompt = seen.prompt;
  state.failures = {};
  state.told = {};
  if (seen.kind === "prompt") state.pinned = keyOfCommand(mapping, seen) ?? state.pinned ?? "";
  if (state.pinned === "") delete state.pinned;
}

/** Begins work on an issue where it has not begun, and ends that on another. */
export function ensureSegment(
  mapping: Mapping,
  seen: Observation,
  { issue, isPrompt }: { readonly issue: string | undefined; readonly isPrompt: boolean },
): void {
  const { state } = mapping;
  if (state.segment !== undefined) {
    const isOn = !isPrompt || issue === undefined || !isOver(mapping, seen, issue);
    if (state.segment.issue === issue && isOn) return;
    closeSegment(mapping, { ...seen, agent: undefined }, `went on with ${issue ?? "something else"}`);
  }
  // What a hook tells of has begun before its end.
  const took_ms = seen.kind === "tool-end" ? (seen.duration_ms ?? 0) : 0;
  openSegment(mapping, { ...seen, agent: undefined, at: before(seen.at, took_ms) }, issue);
}

function openSegment(mapping: Mapping, seen: Seen & Partial<Observation>, issue: string | undefined): void {
  const { state } = mapping;
  const { session } = state;
  const count = (state.segments[issue ?? GLOBAL] ?? 0) + 1;
  state.segments[issue ?? GLOBAL] = count;
  const place = naturalKey.segment(session, issue ?? GLOBAL, count);
  delete state.phase;
  delete state.last_test;
  const run = `${LEAD}-${session.slice(0, 8)}-${count}`;
  state.segment = { place, started_at: seen.at, run, spawn: "" };
  const cause = issue === undefined ? undefined : beginRun(mapping, seen, issue);
  const spawn = mapping.emit(seen, {
    type: "AgentSpawned",
    key: `${place}:spawned`,
    cause,
    actor: CLAUDE_CODE,
    metadata: {
      agent_name: LEAD,
      agent_run_id: run,
      agent_type: "session",
      agent_model: state.model,
      assigned_task: issue === undefined ? undefined : `Lead the work on ${issue}`,
    },
  });
  state.segment = { ...state.segment, spawn };
}

/** Starts the issue's orchestration, or goes on with the one that is open. */
function beginRun(mapping: Mapping, seen: Seen & Partial<Observation>, issue: string): string {
  const { state, runs } = mapping;
  const key = naturalKey.orchestration(state.session, issue, (state.runs_started[issue] ?? 0) + 1);
  const known = runs.at(issue, seen.at);
  if (known === undefined || known.ended || known.key === key) return startRun(mapping, seen, { issue, key });
  const segment = { ...(state.segment as Segment), issue, correlation: known.correlation };
  state.segment = segment;
  if (known.phase !== undefined) state.phase = known.phase;
  if (!known.paused) return known.correlation;
  runs.add(issue, { type: "resumed", at: seen.at, correlation: known.correlation });
  return mapping.emit(seen, {
    type: "OrchestrationResumed",
    key: `${segment.place}:resumed`,
    cause: known.correlation,
    actor: CLAUDE_CODE,
    metadata: present({ resumed_at: seen.at, resume_phase: known.phase }),
  });
}

function startRun(
  mapping: Mapping,
  seen: Seen & Partial<Observation>,
  { issue, key }: { issue: string; key: string },
): string {
  const { state, runs, rules, foresight } = mapping;
  const phase = rules.phases.includes("EXPLORE") ? "EXPLORE" : (rules.phases[0] ?? "EXPLORE");
  const facts = foresight?.issues.get(issue);
  const command = seen.kind === "prompt" ? seen.command : undefined;
  const isWork = command !== undefined && /(?:^|:)work$/.test(command.name);
  const flags = isWork ? flagsOf(command.args) : {};
  state.segment = { ...(state.segment as Segment), issue };
  state.runs_started[issue] = (state.runs_started[issue] ?? 0) + 1;
  state.phase = phase;
  const id = mapping.emit(seen, {
    type: "OrchestrationStarted",
    key,
    actor: CLAUDE_CODE,
    metadata: {
      issue_summary: facts?.summary ?? `Work on ${issue}`,
      initial_phase: phase,
      issue_type: facts?.type,
      priority: facts?.priority,
      labels: facts?.labels,
      components: facts?.components,
      workflow_type: isWork ? (textFlag(flags["preset"]) ?? "standard") : "session",
      config: Object.keys(flags).length === 0 ? undefined : flags,
    },
  });
  state.segment = { ...state.segment, correlation: id };
  runs.add(issue, { type: "started", at: seen.at, correlation: id, key, phase });
  return id;
}

/** `--preset fast --dry-run` as `{ preset: "fast", "dry-run": true }`. */
function flagsOf(args: string): Record<string, string | boolean> {
  const flags: Record<string, string | boolean> = {};
  for (const [, name = "", value] of args.matchAll(
    /(?:^|\s)--([a-z][a-z0-9-]{0,40})(?:[= ](?!--)(\S{1,100}))?/g,
  ))
    flags[name] = value ?? true;
  return flags;
}

function textFlag(value: string | boolean | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Ends the work on an issue for now: its agents have come to their end, its orchestration pauses. */
export function closeSegment(mapping: Mapping, seen: Seen, reason: string): void {
  const { state, runs } = mapping;
  const { segment } = state;
  if (segment === undefined) return;
  endAgents(mapping, seen);
  endOpenTests(mapping, seen);
  const used = mapping.ledger.take(LEAD);
  mapping.emit(seen, {
    type: "AgentCompleted",
    key: `${segment.place}:ended`,
    cause: segment.spawn,
    metadata: {
      agent_name: LEAD,
      agent_run_id: segment.run,
      duration_seconds: secondsBetween(segment.started_at, seen.at),
      task_status: "completed",
      ...used,
    },
  });
  if (
    segment.issue !== undefined &&
    segment.correlation !== undefined &&
    !isOver(mapping, seen, segment.issue)
  ) {
    runs.add(segment.issue, { type: "paused", at: seen.at, correlation: segment.correlation });
    mapping.emit(seen, {
      type: "OrchestrationPaused",
      key: `${segment.place}:paused`,
      cause: segment.spawn,
      actor: CLAUDE_CODE,
      metadata: present({ pause_reason: reason, current_phase: state.phase, can_resume: true }),
    });
  }
  delete state.segment;
}

/** `/…:cancel` gives the orchestration up. */
export function cancelRun(mapping: Mapping, seen: Observation): void {
  if (seen.kind !== "prompt" || seen.command === undefined || !CANCELS.test(seen.command.name)) return;
  const { phase } = mapping.state;
  endRun(mapping, seen, {
    type: "OrchestrationFailed",
    metadata: { failure_reason: "cancelled", failure_phase: phase },
  });
}
