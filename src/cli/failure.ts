import { EsoError, NotFoundError, ValidationError, ConfigError } from "../errors.ts";
import { type ExitCode, exitCodeOf } from "./exit-codes.ts";
import { ClosedPipe, type Output } from "./output.ts";
import { safe, type Text } from "./text.ts";
import { didYouMean, UsageError } from "./usage-error.ts";

const ISSUES_SHOWN_MAX = 20;

/** Ends a command with an exit code after it has said everything itself. */
export class Exit extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode) {
    super(`exit ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** The exit code that an error leads to. */
export function exitCodeOfError(error: unknown): ExitCode {
  if (error instanceof ClosedPipe) return 0;
  if (error instanceof Exit) return error.exitCode;
  if (error instanceof UsageError) return 2;
  return error instanceof EsoError ? exitCodeOf(error.code) : 1;
}

/** Prints what happened, why, and what to do. */
export async function printError(err: Output, error: unknown): Promise<void> {
  if (error instanceof ClosedPipe || error instanceof Exit) return;
  const [first = "", ...more] = messageOf(error).split("\n");
  const title = error instanceof EsoError ? safe`error ${error.code}` : "error";
  await err.line(safe`${err.paint("failure", title)}: ${first}`);
  await err.lines(more.map((line) => safe`  ${line}`));
  await err.lines(reasonsOf(error).map((reason) => safe`  ${err.paint("quiet", "why")}  ${reason}`));
  await err.lines(remediesOf(error).map((remedy) => safe`  ${err.paint("quiet", "do")}   ${remedy}`));
}

function messageOf(error: unknown): string {
  if (error instanceof EsoError || error instanceof UsageError) return error.message;
  if (error instanceof Error && "syscall" in error) return error.message;
  return `unexpected: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
}

function reasonsOf(error: unknown): readonly Text[] {
  if (!(error instanceof ValidationError)) return [];
  const reasons = error.issues
    .filter(({ message, path }) => !(error.message.includes(message) && error.message.includes(path)))
    .map(({ path, message }) => `${path} ${message}`);
  const left = reasons.length - ISSUES_SHOWN_MAX;
  return left > 0 ? [...reasons.slice(0, ISSUES_SHOWN_MAX), `and ${left} more`] : reasons;
}

function remediesOf(error: unknown): readonly string[] {
  if (error instanceof UsageError) return error.hint?.split("\n") ?? [];
  if (!(error instanceof EsoError)) {
    const isOfSystem = error instanceof Error && "syscall" in error;
    return isOfSystem ? [] : ["Please report this; ESO_DEBUG=1 shows where it happened."];
  }
  const named =
    error instanceof NotFoundError || error instanceof ConfigError ? error.details?.suggestions : undefined;
  // Some say it themselves, in the message or the hint.
  const isAsked = /did you mean/i.test(`${error.message}\n${error.hint ?? ""}`);
  const near = isAsked ? undefined : didYouMean(named ?? []);
  return [near, error.hint].filter((remedy) => remedy !== undefined).flatMap((remedy) => remedy.split("\n"));
}
