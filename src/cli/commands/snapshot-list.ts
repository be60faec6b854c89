import type { SnapshotFinding } from "../../store/snapshots/snapshots.ts";
import type { Call } from "../command.ts";
import { findIssue } from "../find-issue.ts";
import { TimeStyle } from "../local-time.ts";
import { grouped } from "../progress.ts";
import { type Cell, printTable } from "../table.ts";

const COLUMNS = [
  { title: "Sequence", right: true },
  { title: "Bytes", right: true },
  { title: "Last event" },
  { title: "Usable" },
] as const;

/** `eso snapshot list <issue>`: what is kept, and whether it can be used. */
export async function snapshotList({ given, context, out, err }: Call): Promise<void> {
  const issueKey = given.required("issue");
  const store = await context.reading();
  await findIssue(store, issueKey);
  const found = await Array.fromAsync(store.listSnapshots(issueKey));
  if (given.flag("json")) {
    const snapshots = found.map(({ sequence, bytes, head, problem }) => ({
      sequence,
      bytes,
      usable: problem === undefined,
      ...(problem === undefined ? {} : { problem }),
      ...(head === undefined ? {} : { recorded_at: head.recorded_at, encoding: head.encoding }),
    }));
    return out.json({ schema: "eso.snapshot-list/1", issue_key: issueKey, snapshots });
  }
  const times = new TimeStyle(given.flag("utc"));
  await printTable(
    out,
    COLUMNS,
    found.map((one) => rowOf(one, times)),
  );
  if (found.length === 0) await err.line(`There are no snapshots of ${issueKey}; none is needed.`);
}

function rowOf({ sequence, bytes, head, problem }: SnapshotFinding, times: TimeStyle): readonly Cell[] {
  const when = head === undefined ? "-" : times.dateAndClock(Date.parse(head.recorded_at));
  const usable: Cell =
    problem === undefined
      ? { text: "yes", style: "success" }
      : { text: `no: it ${problem}`, style: "failure" };
  return [grouped(sequence), grouped(bytes), when, usable];
}
