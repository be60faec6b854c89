import { type Arguments, readArguments } from "./arguments.ts";
import type { CommandSpec } from "./command.ts";
import { Context, type Environment } from "./context.ts";
import type { ExitCode } from "./exit-codes.ts";
import { exitCodeOfError, printError } from "./failure.ts";
import { findCommand } from "./find-command.ts";
import { ClosedPipe, Output, type OutputStream } from "./output.ts";

/** What `eso` was started with. */
export interface Invocation {
  /** The command line without `node` and the script. */
  readonly words: readonly string[];
  readonly env: Environment;
  readonly cwd: string;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Aborted by signals. */
  readonly signal: AbortSignal;
}

/** Runs one command line and gives its exit code; errors are printed, not thrown. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { env, signal } = invocation;
  const out = new Output(invocation.stdout, env);
  const err = new Output(invocation.stderr, env);
  try {
    const { spec, words } = findCommand(invocation.words);
    const code = await runCommand(spec, readArguments(spec, words), { ...invocation, out, err });
    await out.flush();
    return code;
  } catch (error) {
    await settled(out.flush());
    if (!signal.aborted) await settled(report(err, error, env));
    return exitCodeOfError(error);
  } finally {
    await settled(err.flush());
  }
}

async function runCommand(
  spec: CommandSpec,
  given: Arguments,
  io: Invocation & { readonly out: Output; readonly err: Output },
): Promise<ExitCode> {
  const { env, cwd, out, err, signal } = io;
  const context = new Context({ given, env, cwd, err });
  if (given.flag("help")) {
    const { helpOf } = await import("./help.ts");
    await out.lines(helpOf(spec, out.paint));
    return 0;
  }
  const work = await spec.load();
  let failed = true;
  try {
    const code = await work({ given, context, out, err, signal });
    failed = false;
    return code ?? 0;
  } finally {
    // The first error tells more than one that closing adds to it.
    await (failed ? settled(context.close()) : context.close());
  }
}

async function report(err: Output, error: unknown, env: Environment): Promise<void> {
  await printError(err, error);
  if (env["ESO_DEBUG"] && error instanceof Error && !(error instanceof ClosedPipe)) {
    await err.raw(`${error.stack ?? ""}\n`);
  }
}

/** Waits, and leaves a failure to the error that is on its way already. */
async function settled(work: Promise<void>): Promise<void> {
  await work.catch(() => undefined);
}
