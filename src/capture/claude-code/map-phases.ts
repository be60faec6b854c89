import { countOf, idOf, objectOf, textOf } from "./json.ts";
import type { Mapping } from "./mapping.ts";
import { naturalKey } from "./natural-keys.ts";
import type { Seen, ToolEnd, ToolStart } from "./observation.ts";
import type { KnownCommand } from "./command-kinds.ts";

const EDITS = new Set(["Edit", "MultiEdit", "Write", "NotebookEdit"]);

/** The phase that an agent's name speaks of. */
const AGENT_PHASES: readonly (readonly [RegExp, string])[] = [
  [/explor|research|analy[sz]|triage|discover/i, "EXPLORE"],
  [/plan|architect|design/i, "PLAN"],
  [/test|qa\b|coverage/i, "TEST"],
  [/debug|fix|repair/i, "FIX"],
  [/\bdocs?\b|document|writer/i, "DOCUMENT"],
  [/cod(?:e|er|ing)$|implement|develop|engineer/i, "CODE"],
];

/**
 * Which phase a call leads to, guessed by what it does. Hooks tell of few calls: they give the beginnings that the
 * transcript will give, too, and leave the rest to it.
 */
export function inferPhase(
  mapping: Mapping,
  seen: ToolStart & Seen,
  commands: readonly KnownCommand[],
): void {
  if (mapping.state.segment?.issue === undefined) return;
  const phase = phaseOfCall(mapping, seen, commands);
  if (phase !== undefined) enterPhase(mapping, seen, { phase, place: seen.call, inferred: true });
}

function phaseOfCall(
  { state, foresight }: Mapping,
  { tool, input, agent }: ToolStart & Seen,
  commands: readonly KnownCommand[],
): string | undefined {
  const named = tool === "Task" || tool === "Agent" ? textOf(input["subagent_type"]) : undefined;
  if (named !== undefined) return AGENT_PHASES.find(([rule]) => rule.test(named))?.[1];
  if (agent !== undefined) return undefined;
  if (tool === "EnterPlanMode") return "PLAN";
  if (tool === "ExitPlanMode") return "CODE";
  if (EDITS.has(tool)) {
    if (state.phase !== "TEST") return state.phase === "FIX" ? "FIX" : "CODE";
    return state.last_test === "failed" ? "FIX" : "CODE";
  }
  const isTest = commands.some(({ kind }) => kind === "test");
  const hasWorked = foresight === undefined || state.phase === "CODE" || state.phase === "FIX";
  return isTest && hasWorked ? "TEST" : undefined;
}

interface Entry {
  readonly phase: string;
  /** What makes the passage one of its own: a call. */
  readonly place: string;
  readonly inferred?: true;
}

function enterPhase(mapping: Mapping, seen: Seen, { phase, place, inferred }: Entry): void {
  const { state, rules, runs } = mapping;
  const { segment, phase: from } = state;
  if (from === phase || !rules.phases.includes(phase) || segment?.issue === undefined) return;
  if (from !== undefined && (inferred !== true || mapping.foresight !== undefined)) {
    const failed = from === "TEST" && state.last_test === "failed";
    mapping.emit(seen, {
      type: "PhaseCompleted",
      key: naturalKey.call(place, `${from}:ended`),
      metadata: {
        phase: from,
        next_phase: phase,
        success_criteria_met: failed ? false : undefined,
        inferred,
      },
    });
  }
  state.phase = phase;
  if (segment.correlation !== undefined)
    runs.add(segment.issue, { type: "phase", at: seen.at, correlation: segment.correlation, phase });
  mapping.emit(seen, {
    type: "PhaseStarted",
    key: naturalKey.call(place, `${phase}:started`),
    metadata: { phase, inferred },
  });
}

/** Phases that the to-do list itself names, in its entries' `metadata.phase`. */
export function phaseOfTask(
  mapping: Mapping,
  seen: ToolEnd & Seen,
  call: Pick<ToolStart, "tool" | "input">,
): void {
  const { state } = mapping;
  if (seen.outcome !== "ok" || !/^Task(?:Create|Update)$/.test(call.tool)) return;
  const { input } = call;
  const told = textOf(objectOf(input["metadata"])?.["phase"])?.toUpperCase();
  const response = objectOf(seen.response);
  const task = idOf(input["taskId"]) ?? numberText(input["taskId"]) ?? taskOf(response) ?? "";
  if (told !== undefined && task !== "") state.task_phases[task] = told;
  const phase = told ?? state.task_phases[task];
  if (phase === undefined || call.tool === "TaskCreate") return;
  const status = textOf(input["status"]);
  if (status === "in_progress") enterPhase(mapping, seen, { phase, place: seen.call });
  if (status !== "completed" || state.phase !== phase) return;
  mapping.emit(seen, {
    type: "PhaseCompleted",
    key: naturalKey.call(seen.call, `${phase}:ended`),
    metadata: { phase, task_id: task },
  });
  delete state.phase;
}

function taskOf(response: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const task = objectOf(response?.["task"]);
  return idOf(task?.["id"]) ?? idOf(response?.["taskId"]);
}

function numberText(value: unknown): string | undefined {
  return countOf(value)?.toString();
}
