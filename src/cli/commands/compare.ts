import { NotFoundError } from "../../errors.ts";
import { compareRuns, type RunChoice, runsOf } from "../../store/compare-runs.ts";
import type { Call } from "../command.ts";
import { comparisonLines, comparisonRows, plainComparison } from "../compare-view.ts";
import { findIssue } from "../find-issue.ts";
import { TimeStyle } from "../local-time.ts";
import { UsageError } from "../usage-error.ts";

/** `eso compare <run> [other]`: two runs side by side. */
export async function compare({ given, context, out, signal }: Call): Promise<void> {
  const store = await context.reading();
  const first = choiceOf(given.required("run"));
  const second = given.argument("other");
  for (const { issueKey } of [first, ...(second === undefined ? [] : [choiceOf(second)])])
    await findIssue(store, issueKey);
  const choices =
    second === undefined
      ? await withTheOneBefore(store.history, first, signal)
      : { a: first, b: choiceOf(second) };
  const comparison = await compareRuns(store.history, choices, { signal });
  if (given.flag("json")) return out.json({ schema: "eso.compare/1", ...comparison });
  const rows = comparisonRows(comparison);
  if (!out.terminal) return out.lines(plainComparison(comparison, rows));
  await out.lines(comparisonLines(comparison, rows, { out, times: new TimeStyle(given.flag("utc")) }));
}

/** `PROJ-123`, `PROJ-123#2`, `PROJ-123#last`, `PROJ-123#4f2a`. */
function choiceOf(text: string): RunChoice {
  const at = text.indexOf("#");
  if (at === -1) return { issueKey: text };
  const [issueKey, run] = [text.slice(0, at), text.slice(at + 1)];
  if (issueKey === "" || run === "")
    throw new UsageError(
      `"${text}" names no run`,
      "Write PROJ-123, PROJ-123#2, PROJ-123#last or the beginning of its id.",
    );
  if (run === "last") return { issueKey };
  return { issueKey, run: /^[1-9]\d{0,8}$/.test(run) ? Number(run) : run };
}

async function withTheOneBefore(
  history: Parameters<typeof runsOf>[0],
  { issueKey, run }: RunChoice,
  signal: AbortSignal,
): Promise<{ readonly a: RunChoice; readonly b: RunChoice }> {
  if (run !== undefined)
    throw new UsageError(
      `what is ${issueKey}#${run} to be compared with?`,
      `Name another run: eso compare ${issueKey}#${run} ${issueKey}`,
    );
  const runs = await runsOf(history, issueKey, { signal });
  if (runs.length < 2)
    throw new NotFoundError("ESO_NOT_FOUND", `${issueKey} has only one run`, {
      hint: `Compare it with a run of another issue: eso compare ${issueKey} OTHER-1`,
      details: { what: issueKey, suggestions: [] },
    });
  return { a: { issueKey, run: runs.length - 1 }, b: { issueKey, run: runs.length } };
}
