import type { Actor } from "../../event/envelope.ts";
import type { ReplayOptions, ReplayPlan, ReplayStep } from "../../store/replay/replay-options.ts";
import type { Arguments } from "../arguments.ts";
import type { Call } from "../command.ts";
import type { ExitCode } from "../exit-codes.ts";
import { findIssue } from "../find-issue.ts";
import { commandHandler, moduleHandlers } from "../replay-handlers.ts";
import { printPlan, printStep, refusalLines, summaryOf, warningLines } from "../replay-view.ts";
import { shellWord } from "../shell-word.ts";
import { onStream } from "../on-stream.ts";
import { safe } from "../text.ts";
import { UsageError } from "../usage-error.ts";
import { actorOf } from "./event-options.ts";

/** `eso replay <issue>`: the plan, or with `--run` the replay itself. */
export async function replay(call: Call): Promise<ExitCode | void> {
  const { given, context } = call;
  const issue = given.required("issue");
  const options = await optionsOf(call);
  return onStream(context, issue, async (store) => {
    await findIssue(store, issue);
    if (options.resume === undefined) {
      for (const one of await store.unfinishedReplays(issue))
        await call.err.line(
          safe`Replay ${one.replay_id} was not finished (${one.settled} of ${one.events} events): eso replay ${issue} --resume ${one.replay_id}`,
        );
    }
    const plan = await store.replayEvents(issue, options);
    return plan.dry_run ? showPlan(call, plan) : showResult(call, plan);
  });
}

async function optionsOf(call: Call): Promise<ReplayOptions> {
  const { given, signal } = call;
  const run = given.flag("run");
  const types = given.list("type");
  const allowed = given.list("allow-once");
  return {
    dryRun: !run,
    fromSequence: sequenceOf(given, "from"),
    toSequence: sequenceOf(given, "to"),
    eventTypes: types.length === 0 ? undefined : types,
    handlers: await handlersOf(call),
    allowOnce: allowed,
    skipNonIdempotent: given.flag("skip-non-idempotent") ? true : undefined,
    onFailure: given.choice("on-failure", ["stop", "continue"]),
    resume: given.text("resume"),
    actor: actorOf(given) as Actor,
    signal,
    ...(run ? listeners(call) : {}),
  };
}

async function handlersOf({ given, context }: Call): Promise<ReplayOptions["handlers"]> {
  const [file, command] = [given.text("handler"), given.text("exec")];
  if (file !== undefined && command !== undefined)
    throw new UsageError("--handler and --exec are two ways to say the same", "Give one of them.");
  if (file !== undefined) return moduleHandlers(file, context.cwd);
  if (command !== undefined) return commandHandler(command, context);
  if (!given.flag("run")) return undefined;
  throw new UsageError(
    "--run needs to know what to run",
    "Give --exec COMMAND or --handler module.js; without --run, the plan is shown.",
  );
}

/** `50`, or `seq:50` as moments are written. */
function sequenceOf(given: Arguments, option: "from" | "to"): number | undefined {
  const text = given.text(option);
  if (text === undefined) return undefined;
  const digits = text.replace(/^seq:/, "");
  const value = Number(digits);
  if (/^\d+$/.test(digits) && Number.isSafeInteger(value) && value > 0) return value;
  throw new UsageError(
    `--${option} must be the number of an event, not "${text}"`,
    "eso show --jsonl gives event_sequence; eso query finds events by time.",
  );
}

function listeners({ given, out, err }: Call): Pick<ReplayOptions, "onBegin" | "onStep"> {
  return {
    onBegin: async ({ issue_key, replay_id = "", counts }) => {
      await err.line(safe`Replay ${replay_id} of ${issue_key}: ${counts.run} to run`);
    },
    onStep: async (step: ReplayStep) => {
      if (given.flag("jsonl")) await out.jsonLine(step);
      else if (!given.flag("json")) await printStep(out, step);
    },
  };
}

async function showPlan({ given, out, err }: Call, plan: ReplayPlan): Promise<void> {
  if (given.flag("json")) await out.json({ schema: "eso.replay/1", ...plan });
  else if (given.flag("jsonl")) for (const step of plan.steps) await out.jsonLine(step);
  else await printPlan(out, plan);
  await out.flush();
  await err.lines(warningLines(plan, err.paint));
  if (plan.refusals.length > 0) {
    await err.lines(refusalLines(plan, err.paint));
  } else if (plan.counts.run > 0 && !given.flag("json") && !given.flag("jsonl")) {
    const handlers = given.text("handler") ?? given.text("exec");
    const more = handlers === undefined ? " --run --exec COMMAND" : " --run";
    const words = given.without("utc").map(shellWord).join(" ");
    await err.line(`Nothing was done. To do it: eso replay ${plan.issue_key} ${words}`.trimEnd() + more);
  }
}

async function showResult({ given, out, err }: Call, plan: ReplayPlan): Promise<ExitCode> {
  if (given.flag("json")) await out.json({ schema: "eso.replay/1", ...plan });
  await out.flush();
  await err.lines(warningLines(plan, err.paint));
  await err.lines(summaryOf(plan, err.paint));
  if (plan.status === "interrupted") return 130;
  return plan.counts.failed + plan.counts.unknown > 0 ? 1 : 0;
}
