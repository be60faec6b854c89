import type { Arguments } from "./arguments.ts";
import type { Context } from "./context.ts";
import type { ExitCode } from "./exit-codes.ts";
import type { Output } from "./output.ts";

/** What can be completed from the store or the catalogue. */
export type Completes = "issue" | "type" | "command" | "file" | "folder" | readonly string[];

/** An option. Without `value` it is a switch. */
export interface OptionSpec {
  /** Without the dashes. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** What stands for its value in help, such as `DIR`; makes the option take one. */
  readonly value?: string;
  readonly summary: string;
  /** May be given several times. */
  readonly repeats?: boolean;
  readonly completes?: Completes;
}

/** An argument without a name. */
export interface ArgumentSpec {
  readonly name: string;
  readonly optional?: boolean;
  /** Takes all that are left; only for the last one. */
  readonly repeats?: boolean;
  readonly completes?: Completes;
}

export interface Example {
  readonly command: string;
  readonly says: string;
}

/** A command as help, completion and documentation show it; its code is loaded when it is run. */
export interface CommandSpec {
  /** One word, or two as in `index rebuild`. */
  readonly name: string;
  /** One line, no full stop. */
  readonly summary: string;
  /** More to know, in paragraphs. */
  readonly details?: string;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  readonly examples: readonly Example[];
  /** Left out of help and documentation. */
  readonly hidden?: boolean;
  readonly load: () => Promise<Run>;
}

/** Commands under one heading of `eso help`. */
export interface CommandGroup {
  readonly title: string;
  readonly commands: readonly CommandSpec[];
}

/** Everything that a command works with. */
export interface Call {
  /** What stood on the command line, checked against the command's spec. */
  readonly given: Arguments;
  /** Where things are: store, configuration, environment. */
  readonly context: Context;
  /** Standard output: data only. */
  readonly out: Output;
  /** Standard error: everything else. */
  readonly err: Output;
  /** Aborted by Ctrl-C and SIGTERM: stop cleanly. */
  readonly signal: AbortSignal;
}

/** Does the work: parses what is left to parse, calls one use case, prints. Nothing returned means 0. */
export type Run = (call: Call) => Promise<ExitCode | void>;
