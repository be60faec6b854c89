import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { ConfigError, NotFoundError } from "../errors.ts";

export interface GitRunOptions {
  /** Written to the command's standard input. */
  readonly input?: string;
  /** Ends the child; the read then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

type GitChild = ChildProcessByStdio<Writable, Readable, Readable>;

const MAX_STDERR = 8_192;

/** Repository-independent settings of the caller that git may still see; the rest of `GIT_*` could misdirect it. */
const KEPT_VARIABLES = new Set([
  "GIT_CONFIG_GLOBAL",
  "GIT_CONFIG_SYSTEM",
  "GIT_CONFIG_NOSYSTEM",
  "GIT_EXEC_PATH",
  "GIT_CEILING_DIRECTORIES",
]);

// What a repository's or user's settings could change in the output, or make git run.
const PINNED = [
  "--no-pager",
  "--no-replace-objects",
  "--no-optional-locks",
  ...["core.attributesFile=/dev/null", "core.fsmonitor=false", "diff.relative=false"].flatMap((s) => [
    "-c",
    s,
  ]),
  ...["log.diffMerges=off", "log.showRoot=true", "log.follow=false"].flatMap((s) => ["-c", s]),
];

/**
 * What a git command prints, as it comes. Ending the loop early ends the child.
 * @throws NotFoundError when the folder, the repository or a revision is not there.
 * @throws ConfigError when git is missing, or fails otherwise.
 */
export async function* gitOutput(
  repoPath: string,
  args: readonly string[],
  options: GitRunOptions = {},
): AsyncGenerator<Buffer, void> {
  options.signal?.throwIfAborted();
  const child = spawn("git", ["-C", repoPath, ...PINNED, ...args], {
    env: gitEnvironment(),
    windowsHide: true,
  });
  const kill = (): void => void child.kill();
  options.signal?.addEventListener("abort", kill, { once: true });
  const ended = ending(child);
  const stdout: AsyncIterable<Buffer> = child.stdout;
  const stderr = firstBytes(child.stderr);
  child.stdin.on("error", () => {}); // EPIPE: git's exit code tells more
  child.stdin.end(options.input ?? "");
  try {
    for await (const chunk of stdout) yield chunk;
    const outcome = await ended;
    options.signal?.throwIfAborted();
    if (outcome !== 0) throw failure(repoPath, outcome, stderr());
  } finally {
    options.signal?.removeEventListener("abort", kill);
    kill();
    await ended;
  }
}

/** The exit code, the signal's name, or why the command could not run. */
function ending(child: GitChild): Promise<number | string | Error> {
  return new Promise((resolve) => {
    child.on("error", resolve);
    child.on("close", (code, signal) => resolve(code ?? signal ?? "unknown"));
  });
}

function firstBytes(stream: Readable): () => string {
  let text = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    if (text.length < MAX_STDERR) text += chunk;
  });
  return () => text.slice(0, MAX_STDERR).trim();
}

function gitEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("GIT_") || KEPT_VARIABLES.has(name),
  );
  return {
    ...Object.fromEntries(kept),
    LC_ALL: "C",
    NO_COLOR: "1",
    GIT_TERMINAL_PROMPT: "0",
    // A partial clone must not fetch while it is read: slow, and a remote helper is foreign code.
    GIT_NO_LAZY_FETCH: "1",
    GIT_ALLOW_PROTOCOL: "none",
  };
}

function failure(repoPath: string, outcome: number | string | Error, stderr: string): Error {
  if (outcome instanceof Error) return cannotStart(outcome);
  const fatal = stderr.split("\n").findLast((line) => /^(?:fatal|error):/.test(line)) ?? stderr;
  const reason = fatal || `ended with ${outcome}`;
  if (/not a git repository/.test(stderr)) {
    return missing(repoPath, `${repoPath} is not in a git repository`);
  }
  if (/cannot change to/.test(stderr)) return missing(repoPath, `The folder ${repoPath} cannot be entered`);
  if (/bad revision|unknown revision|ambiguous argument|invalid object name/.test(stderr)) {
    return missing("revision", `git does not know the revision in ${repoPath}: ${reason}`);
  }
  return new ConfigError("ESO_INVALID_CONFIG", `git failed in ${repoPath}: ${reason}`, {
    details: { path: repoPath },
    ...hintFor(stderr),
  });
}

function missing(what: string, message: string): Error {
  return new NotFoundError("ESO_NOT_FOUND", message, { details: { what } });
}

function cannotStart(cause: Error): Error {
  return new ConfigError("ESO_INVALID_CONFIG", `git cannot be run: ${cause.message}`, {
    hint: "Install git 2.25 or newer and make sure that it is in PATH.",
    cause,
  });
}

function hintFor(stderr: string): { hint?: string } {
  if (/dubious ownership/.test(stderr)) {
    return {
      hint: "The repository belongs to someone else; git config --global --add safe.directory <path> trusts it.",
    };
  }
  if (/promisor|lazy|not allowed|could not fetch|missing blob|unable to read/.test(stderr)) {
    return {
      hint: "Objects are missing. In a partial clone, fetch them first: git fetch --refetch --no-filter.",
    };
  }
  return {};
}
