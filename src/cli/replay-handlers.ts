import { spawn } from "node:child_process";
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { NotFoundError } from "../errors.ts";
import { isHandler } from "../store/replay/handlers.ts";
import type { ReplayContext, ReplayFunction, ReplayHandlers } from "../store/replay/replay-options.ts";
import type { Environment } from "./context.ts";
import { splitCommand } from "./split-command.ts";
import { UsageError } from "./usage-error.ts";

/**
 * The handlers in a module: what it exports as default, a function or an object by event type, else its exports by
 * their names.
 * @throws NotFoundError when there is no such file, UsageError when it holds no handler.
 */
export async function moduleHandlers(file: string, cwd: string): Promise<ReplayHandlers> {
  const path = resolve(cwd, file);
  if (!existsSync(path))
    throw new NotFoundError("ESO_NOT_FOUND", `there is no file ${path}`, { details: { what: path } });
  const module = (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
  const given = module["default"] ?? module;
  if (isHandler(given)) return given;
  const named = Object.entries(given).filter(
    ([name, value]) => /^(?:[A-Z]|\*$)/.test(name) && isHandler(value),
  );
  if (named.length > 0) return Object.fromEntries(named) as ReplayHandlers;
  throw new UsageError(
    `${file} exports no handler`,
    "Export a function as default, or functions named like event types: export function CommentPosted(event) {}",
  );
}

/** Where a command runs. */
export interface CommandPlace {
  readonly cwd: string;
  readonly env: Environment;
}

/**
 * A handler that starts a command for each event: the event as one line of JSON on its standard input, its id and
 * type in the environment. Any exit code but 0 is a failure. What it prints goes to standard error.
 * @throws UsageError, NotFoundError when the command cannot be started.
 */
export function commandHandler(command: string, { cwd, env }: CommandPlace): ReplayFunction {
  const [program, ...words] = splitCommand(command);
  findProgram(program, { cwd, env });
  return async (event, { replayId }: ReplayContext) => {
    const child = spawn(program, words, {
      cwd,
      env: {
        ...env,
        ESO_EVENT_ID: event.event_id,
        ESO_EVENT_TYPE: event.event_type,
        ESO_EVENT_SEQUENCE: String(event.event_sequence),
        ESO_REPLAY_ID: replayId,
      },
      stdio: ["pipe", 2, 2],
      // Ctrl-C is for eso, which stops behind this event; the command may finish.
      detached: true,
    });
    // A command need not read what it is given.
    child.stdin?.on("error", () => undefined).end(`${JSON.stringify(event)}\n`);
    await new Promise<void>((done, failed) => {
      child.on("error", failed);
      child.on("close", (code, signal) => {
        if (code === 0) done();
        else failed(new Error(signal === null ? `exit code ${code}` : `ended by ${signal}`));
      });
    });
  };
}

/** A misspelt command is found out before the replay has begun. */
function findProgram(program: string, { cwd, env }: CommandPlace): void {
  const isPath = program.includes("/") || program.includes("\\");
  const folders = isPath ? [cwd] : (env["PATH"] ?? "").split(delimiter);
  if (folders.some((folder) => isProgram(isPath ? resolve(cwd, program) : join(folder, program)))) return;
  throw new NotFoundError("ESO_NOT_FOUND", `there is no program ${program} to run`, {
    hint: "Give a path such as ./apply.sh, make it executable, or put its folder into PATH.",
    details: { what: program },
  });
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    // Not there or not ours to run: either way, not this one.
    return false;
  }
}
