import type { ASTNode, Environment } from "@marcbachmann/cel-js";

import { ValidationError } from "../errors.ts";
import { suggest } from "../event/suggest.ts";
import { notStarted, type OrchestrationState } from "../projection/state/orchestration-state.ts";

/**
 * A question to a state: a function, or an expression of the Common Expression Language over the state's fields,
 * such as `size(failed_agents) > 0` or `"CODE" in completed_phases`.
 */
export type Condition = string | ((state: OrchestrationState) => boolean);

const TEXT_MAX = 2_000;
const LIMITS = { maxAstNodes: 500, maxDepth: 32, maxListElements: 100, maxMapEntries: 20 };
/** Each level multiplies the work by the length of a list. */
const LOOPS_MAX = 2;
const LOOPS = new Set(["all", "exists", "exists_one", "map", "filter"]);
const EXAMPLES = 'Such as: size(failed_agents) > 0, status == "failed", "CODE" in completed_phases.';

/** A condition that has been understood. */
export class Question {
  readonly #ask: (state: OrchestrationState) => boolean;
  readonly #onAsked: (() => void) | undefined;
  #unanswered = 0;
  #problem: string | undefined;

  constructor(ask: (state: OrchestrationState) => boolean, onAsked?: () => void) {
    this.#ask = ask;
    this.#onAsked = onAsked;
  }

  /** Whether it holds. Where the state cannot say, as it lacks a field that is asked for, it does not. */
  holds(state: OrchestrationState): boolean {
    this.#onAsked?.();
    try {
      return this.#ask(state);
    } catch (error) {
      if (!(error instanceof Error) || error.name !== "EvaluationError") throw error;
      this.#unanswered++;
      this.#problem = summaryOf(error);
      return false;
    }
  }

  /** How many states could not say, and why the last one of them could not. */
  get unanswered(): { readonly states: number; readonly reason: string } | undefined {
    return this.#problem === undefined ? undefined : { states: this.#unanswered, reason: this.#problem };
  }
}

/**
 * Understands a condition.
 * @throws ValidationError naming what is wrong with it; an unknown field with those that may have been meant.
 */
export async function questionOf(condition: Condition, onAsked?: () => void): Promise<Question> {
  if (typeof condition === "function") return new Question(condition, onAsked);
  if (condition.length > TEXT_MAX) throw invalid(`the condition is longer than ${TEXT_MAX} characters`);
  const environment = await newEnvironment();
  const parsed = attempt(() => environment.parse(condition));
  refuseUnbounded(parsed.ast);
  const { valid, type, error } = parsed.check();
  if (!valid) throw notUnderstood(error);
  if (type !== "bool" && type !== "dyn") throw notYesOrNo(type ?? "something else");
  return new Question((state) => {
    const answer: unknown = parsed(state);
    if (typeof answer === "boolean") return answer;
    if (type === "bool" || answer === null) return false;
    throw notYesOrNo(typeof answer);
  }, onAsked);
}

/** The state's fields as variables; numbers of JSON and of the expression mix freely. */
async function newEnvironment(): Promise<Environment> {
  const { Environment: CelEnvironment } = await import("@marcbachmann/cel-js");
  const environment = new CelEnvironment({ limits: LIMITS, homogeneousAggregateLiterals: false });
  for (const [name, value] of Object.entries(notStarted(null))) {
    environment.registerVariable(name, typeOf(name, value));
  }
  for (const [operator, apply] of Object.entries(ARITHMETIC)) {
    const mixed = (a: unknown, b: unknown): number => apply(Number(a), Number(b));
    environment.registerOperator(`double ${operator} int: double`, mixed);
    environment.registerOperator(`int ${operator} double: double`, mixed);
  }
  environment.registerOperator("double % double: double", ARITHMETIC["%"]);
  environment.registerOperator("double == int: bool", isSameNumber);
  return environment;
}

function isSameNumber(a: unknown, b: unknown): boolean {
  return Number(a) === Number(b);
}

const ARITHMETIC = {
  "+": (a: number, b: number) => a + b,
  "-": (a: number, b: number) => a - b,
  "*": (a: number, b: number) => a * b,
  "/": (a: number, b: number) => a / b,
  "%": (a: number, b: number) => a % b,
} as const;

/** What is null before the first event is text, a number or a list of anything later. */
function typeOf(name: string, value: unknown): string {
  if (name === "completed_phases") return "list<string>";
  if (Array.isArray(value)) return "list<dyn>";
  if (typeof value === "number") return "double";
  if (typeof value === "boolean") return "bool";
  return typeof value === "string" ? "string" : "dyn";
}

/** Refuses regular expressions, whose time nobody can foresee, and loops in loops in loops. */
function refuseUnbounded(node: unknown, loops = 0): void {
  if (Array.isArray(node)) {
    for (const part of node) refuseUnbounded(part, loops);
    return;
  }
  if (!isNode(node)) return;
  const name = node.op === "call" || node.op === "rcall" ? node.args[0] : undefined;
  if (name === "matches") {
    throw invalid("a condition takes no regular expressions", "Use contains, startsWith, endsWith or ==.");
  }
  const inside = node.op === "rcall" && LOOPS.has(node.args[0]) ? loops + 1 : loops;
  if (inside > LOOPS_MAX)
    throw invalid(`the condition nests ${[...LOOPS].join(", ")} more than ${LOOPS_MAX} deep`);
  refuseUnbounded(node.args, inside);
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === "object" && value !== null && "op" in value && "args" in value;
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw notUnderstood(error);
  }
}

function notUnderstood(error: unknown): ValidationError {
  const summary = summaryOf(error);
  const name = /^Unknown variable: (\w+)$/.exec(summary)?.[1];
  if (name === undefined) return invalid(`the condition cannot be understood: ${summary}${placeOf(error)}`);
  const near = suggest(name, Object.keys(notStarted(null)));
  const hint =
    near.length === 0
      ? `The state has: ${Object.keys(notStarted(null)).join(", ")}.`
      : `Did you mean ${near.join(" or ")}?`;
  return invalid(`the state has no field ${name}`, hint);
}

function summaryOf(error: unknown): string {
  if (error instanceof Error && "summary" in error) return String(error.summary);
  return error instanceof Error ? error.message : String(error);
}

function placeOf(error: unknown): string {
  const range = error instanceof Error && "range" in error ? error.range : undefined;
  const start = typeof range === "object" && range !== null && "start" in range ? range.start : undefined;
  return typeof start === "number" ? `, at character ${start + 1}` : "";
}

function notYesOrNo(type: string): ValidationError {
  return invalid(`the condition gives ${type}, not true or false`);
}

function invalid(message: string, hint = EXAMPLES): ValidationError {
  return new ValidationError("ESO_INVALID_QUERY", message, {
    hint,
    details: { issues: [{ path: "$.condition", message }] },
  });
}
