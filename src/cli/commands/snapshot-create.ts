import { UsageError } from "../usage-error.ts";
import type { Call } from "../command.ts";
import { findIssue } from "../find-issue.ts";
import { grouped } from "../progress.ts";

/** `eso snapshot create <issue>`: keeps the state behind an event. */
export async function snapshotCreate({ given, context, out, signal }: Call): Promise<void> {
  const issueKey = given.required("issue");
  const atSequence = given.count("at");
  if (atSequence === 0) throw new UsageError("--at takes a sequence, from 1 on");
  const store = await context.reading();
  await findIssue(store, issueKey);
  const made = await store.createSnapshot(issueKey, {
    signal,
    ...(atSequence === undefined ? {} : { atSequence }),
  });
  if (given.flag("json")) return out.json({ schema: "eso.snapshot-create/1", ...made });
  const where = made.path === undefined ? "" : `, ${made.path}`;
  await out.line(
    `snapshot of ${issueKey} behind event ${made.sequence}: ${grouped(made.bytes)} bytes${where}`,
  );
}
