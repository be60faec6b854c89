import type { KnownCommand } from "./command-kinds.ts";
import { countOf, idOf, objectOf, shortText } from "./json.ts";
import { requestCommand } from "./map-pull-requests.ts";
import { moveIssues } from "./map-trackers.ts";
import { errorLine, exitCode, noteFailure, noteSuccess, tellError, type Try } from "./map-failures.ts";
import type { Mapping } from "./mapping.ts";
import { idOfKey, naturalKey } from "./natural-keys.ts";
import type { Seen, TaskNotice, ToolEnd } from "./observation.ts";
import { commitsIn, tellCommit } from "./map-commits.ts";
import { secondsBetween } from "./seconds.ts";
import type { OpenCall } from "./session-state.ts";
import { testCounts, type TestCounts } from "./test-output.ts";

/** A command line that has come to its end. */
export interface Ended {
  readonly call: string;
  readonly open: OpenCall;
  readonly commands: readonly KnownCommand[];
  readonly outcome: ToolEnd["outcome"];
  readonly text: string;
  readonly response: unknown;
}

type TestCommand = Extract<KnownCommand, { kind: "test" }>;

const testsIn = (commands: readonly KnownCommand[]): TestCommand[] =>
  commands.filter((command): command is TestCommand => command.kind === "test");

const runId = (call: string, index: number): string => (index === 0 ? call : `${call}.${index + 1}`);

/** Test runs begin with the call that holds them. */
export function startTests(mapping: Mapping, seen: Seen, { call, open }: Pick<Ended, "call" | "open">): void {
  for (const [index, test] of testsIn(open.commands ?? []).entries())
    mapping.emit(seen, {
      type: "TestRunStarted",
      key: naturalKey.call(runId(call, index), "test:started"),
      at: open.at,
      metadata: {
        test_suite: test.suite,
        test_run_id: runId(call, index),
        test_runner: test.runner,
        triggered_by: "agent",
      },
    });
}

/** Everything that a command line and its output tell. */
export function commandEnded(mapping: Mapping, seen: Seen, ended: Ended): void {
  const { commands, outcome, text, call, open } = ended;
  const background = backgroundTask(ended);
  if (background !== undefined && outcome === "ok") {
    mapping.state.tasks[background] = { call, open };
    return;
  }
  // What git and the forges printed has happened, even where a later command of the line failed.
  const made = commands.some(({ kind }) => kind === "commit") ? commitsIn(ended) : [];
  for (const commit of made) tellCommit(mapping, seen, { ...commit, call });
  for (const command of commands)
    if (command.kind === "pull-request") requestCommand(mapping, seen, { command, ended });
  const tests = testsIn(commands);
  const counts = testCounts(text);
  for (const [index, test] of tests.entries())
    endTest(mapping, seen, {
      ...ended,
      test,
      index,
      counts: index === tests.length - 1 ? counts : undefined,
    });
  const told = endChecks(mapping, seen, {
    ...ended,
    hasReachedTests: tests.length > 0 && counts !== undefined,
  });
  if (outcome === "stopped") return;
  if (outcome === "ok") {
    moveIssues(mapping, seen, { commands, call });
    succeed(mapping, seen, ended);
  } else if (tests.length === 0 && !told) {
    const tried: Try = {
      call,
      started_at: open.at,
      name: blamed(made.length > 0 ? behindCommit(commands) : commands),
    };
    tellError(mapping, seen, { ...tried, tool: "Bash", text });
  }
}

function backgroundTask({ response, text }: Ended): string | undefined {
  const told = idOf(objectOf(response)?.["backgroundTaskId"]);
  return (
    told ??
    /^Command (?:running in background|was manually backgrounded) .{0,40}?ID: ([\w-]{1,64})/.exec(text)?.[1]
  );
}

/** Which command of a failing line is to blame: as far as anyone can tell, the last one that decides. */
function blamed(commands: readonly KnownCommand[]): string {
  const deciding = commands.filter(({ decides }) => decides);
  const notable = deciding.findLast(({ kind }) => kind !== "other");
  return (notable ?? deciding.at(-1) ?? commands.at(-1))?.name ?? "command";
}

/** A commit that was made did not fail, nor did anything before it. */
function behindCommit(commands: readonly KnownCommand[]): readonly KnownCommand[] {
  const behind = commands.slice(commands.findLastIndex(({ kind }) => kind === "commit") + 1);
  return behind.length > 0 ? behind : commands;
}

/** Tests and checks tell of their own success. */
function succeed(mapping: Mapping, seen: Seen, { commands, call, open }: Ended): void {
  const names = commands
    .filter(({ kind, decides }) => decides && kind !== "test" && kind !== "check")
    .map(({ name }) => name);
  for (const name of new Set(names)) noteSuccess(mapping, seen, { call, started_at: open.at, name });
}

type EndedTest = Ended & {
  readonly test: TestCommand;
  readonly index: number;
  readonly counts: TestCounts | undefined;
};

function endTest(mapping: Mapping, seen: Seen, ended: EndedTest): void {
  const { call, open, test, index, counts, outcome, text } = ended;
  const { state } = mapping;
  const id = runId(call, index);
  const base = {
    test_suite: test.suite,
    test_run_id: id,
    test_runner: test.runner,
    duration_seconds: secondsBetween(open.at, seen.at),
  };
  const broken = outcome === "stopped" || (outcome === "failed" && counts === undefined);
  const isUnknown = !broken && counts === undefined && !test.decides;
  const key = naturalKey.call(id, "test:ended");
  const cause = idOfKey(naturalKey.call(id, "test:started"));
  const event = broken
    ? mapping.emit(seen, {
        type: "TestRunFailed",
        key,
        cause,
        metadata: { ...base, ...whyBroken(outcome, text) },
      })
    : mapping.emit(seen, {
        type: "TestRunCompleted",
        key,
        cause,
        metadata: { ...base, ...figures(counts), outcome_unknown: isUnknown ? true : undefined },
      });
  if (outcome === "stopped" || isUnknown) return;
  const name = `${test.runner} test`;
  const passed = !broken && (counts?.failed ?? 0) === 0;
  if (seen.agent === undefined) state.last_test = passed ? "passed" : "failed";
  if (passed) noteSuccess(mapping, seen, { call: id, started_at: open.at, name });
  else noteFailure(mapping, seen, { name, event });
}

function figures(counts: TestCounts | undefined): Record<string, number> {
  if (counts === undefined) return {};
  return { total_tests: counts.passed + counts.failed + (counts.skipped ?? 0), ...counts };
}

function whyBroken(outcome: Ended["outcome"], text: string): Record<string, string> {
  if (outcome === "stopped") return { failure_reason: "interrupted" };
  const code = exitCode(text);
  return {
    failure_reason: code === undefined ? "failed" : `Exit code ${code}`,
    error_message: errorLine(text),
  };
}

/** True when a check explains why the line failed. */
function endChecks(
  mapping: Mapping,
  seen: Seen,
  ended: Ended & { readonly hasReachedTests: boolean },
): boolean {
  const { commands, outcome, call, open, text, hasReachedTests } = ended;
  const checks = commands.filter((command) => command.kind === "check" && command.decides);
  let told = false;
  for (const [index, command] of checks.entries()) {
    if (command.kind !== "check" || outcome === "stopped") continue;
    const isLast = index === checks.length - 1;
    const failed = outcome === "failed" && isLast && !hasReachedTests;
    const id = runId(call, index);
    const base = { check_type: command.check, check_id: id, checker_agent: command.name };
    const key = naturalKey.call(id, "check:ended");
    if (failed) {
      const { failure_reason = "failed", error_message } = whyBroken(outcome, text);
      const event = mapping.emit(seen, {
        type: "QualityCheckFailed",
        key,
        metadata: { ...base, failure_reason, error_message },
      });
      noteFailure(mapping, seen, { name: command.name, event });
      told = true;
    } else {
      mapping.emit(seen, {
        type: "QualityCheckCompleted",
        key,
        metadata: { ...base, passed_quality_gate: true },
      });
      noteSuccess(mapping, seen, { call: id, started_at: open.at, name: command.name });
    }
  }
  return told;
}

/** A command that went on in the background has ended. Its output was written elsewhere. */
export function backgroundEnded(mapping: Mapping, seen: TaskNotice & Seen): void {
  const { state } = mapping;
  const task = state.tasks[seen.task];
  if (task === undefined) return;
  delete state.tasks[seen.task];
  const code = countOf(/\(exit code (\d+)\)|with exit code (\d+)/.exec(seen.summary)?.slice(1).find(Boolean));
  const isStopped = seen.status === "killed" || seen.status === "stopped";
  const failed = seen.status === "failed" || (code !== undefined && code > 0);
  const { call, open } = task;
  const agent = open.agent;
  commandEnded(
    mapping,
    { ...seen, agent },
    {
      call,
      open,
      commands: open.commands ?? [],
      outcome: isStopped ? "stopped" : failed ? "failed" : "ok",
      text: failed ? `Exit code ${code ?? 1}\n${shortText(seen.summary, 200)}` : "",
      response: undefined,
    },
  );
}

/** Test runs whose end nobody told of end with their session, marked as reconciled. */
export function endOpenTests(mapping: Mapping, seen: Seen): void {
  const { state, foresight } = mapping;
  const open = [
    ...Object.entries(state.calls),
    ...Object.values(state.tasks).map(({ call, open: one }) => [call, one] as const),
  ];
  [state.calls, state.tasks] = [{}, {}];
  if (foresight === undefined) return;
  for (const [call, { commands = [], at }] of open)
    for (const [index, test] of testsIn(commands).entries())
      mapping.emit(seen, {
        type: "TestRunFailed",
        key: naturalKey.call(runId(call, index), "test:ended"),
        cause: idOfKey(naturalKey.call(runId(call, index), "test:started")),
        metadata: {
          test_suite: test.suite,
          test_run_id: runId(call, index),
          test_runner: test.runner,
          failure_reason: "no end recorded",
          duration_seconds: secondsBetween(at, seen.at),
          reconciled: true,
        },
      });
}
