import { type Checkpoint, listCheckpoints } from "../../store/checkpoints.ts";
import type { Call } from "../command.ts";
import { findIssue } from "../find-issue.ts";
import { TimeStyle } from "../local-time.ts";
import { type Cell, type Column, printTable } from "../table.ts";

const COLUMNS: readonly Column[] = [
  { title: "CHECKPOINT" },
  { title: "TIME" },
  { title: "SEQ", right: true },
  { title: "PHASE" },
  { title: "COMMIT" },
  { title: "RESTORED", right: true },
  { title: "WHY" },
];

/** `eso checkpoint list <issue>`. */
export async function checkpointList({ given, context, out, err }: Call): Promise<void> {
  const issue = given.required("issue");
  const store = await context.reading();
  await findIssue(store, issue);
  const checkpoints = await listCheckpoints(store, issue);
  if (given.flag("json")) {
    await out.json({ schema: "eso.checkpoint-list/1", issue_key: issue, checkpoints });
    return;
  }
  const times = new TimeStyle(given.flag("utc"));
  const rows = checkpoints.map((one) => (out.terminal ? cellsOf(one, times) : plainCells(one)));
  if (rows.length > 0) await printTable(out, COLUMNS, rows);
  else await err.line(`${issue} has no checkpoints. eso checkpoint create ${issue} makes one.`);
}

function cellsOf(checkpoint: Checkpoint, times: TimeStyle): readonly Cell[] {
  const { checkpoint_id, timestamp, event_sequence, phase, git_sha, restored, reason } = checkpoint;
  return [
    { text: checkpoint_id, style: "heading" },
    { text: times.dateAndClock(Date.parse(timestamp)), style: "quiet" },
    event_sequence,
    { text: phase ?? "", style: "phase" },
    git_sha?.slice(0, 8) ?? "",
    restored.length === 0 ? "" : `${restored.length}×`,
    reason ?? "",
  ];
}

function plainCells(checkpoint: Checkpoint): readonly Cell[] {
  const { checkpoint_id, timestamp, event_sequence, phase, git_sha, restored, reason } = checkpoint;
  return [
    checkpoint_id,
    timestamp,
    event_sequence,
    phase ?? "",
    git_sha ?? "",
    restored.length,
    reason ?? "",
  ];
}
