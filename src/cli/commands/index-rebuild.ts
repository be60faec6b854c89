import process from "node:process";

import { ConfigError } from "../../errors.ts";
import type { EventIndex } from "../../query/event-index.ts";
import type { EventStore } from "../../store/event-store.ts";
import type { Call } from "../command.ts";
import { grouped, Progress } from "../progress.ts";

/** How long one step works before the progress is shown. */
const STEP_MS = 250;

/** `eso index rebuild`: makes the query index anew. */
export async function indexRebuild({ given, context, out, signal }: Call): Promise<void> {
  const store = await context.reading();
  const index = indexOf(store);
  const { position } = await store.log.head();
  await index.reset();
  using progress = new Progress(process.stderr, { label: "indexing", unit: "events", total: position });
  let done = 0;
  for (let before = -1; done < position && done !== before && !signal.aborted;) {
    before = done;
    done = await index.refresh(store.log, { text: true, timeBudget_ms: STEP_MS, signal });
    progress.add(done - before);
  }
  await index.refresh(store.log, { text: true, signal });
  const stats = await index.stats();
  if (stats.problem !== undefined) throw unusable(stats.problem);
  if (given.flag("json"))
    await out.json({
      schema: "eso.index/1",
      events: stats.events,
      text_events: stats.text_events,
      bytes: stats.bytes,
    });
  else await out.line(`indexed ${grouped(stats.events)} events, ${grouped(stats.bytes)} bytes`);
}

/** The store's index. */
export function indexOf(store: EventStore): EventIndex {
  if (store.index !== undefined) return store.index;
  throw new ConfigError("ESO_INVALID_CONFIG", "this store has no query index: indexing.enabled is false", {
    hint: "Queries read the log itself and give the same answers. Set indexing.enabled to have them sooner.",
    details: { path: "indexing.enabled" },
  });
}

function unusable(problem: string): ConfigError {
  return new ConfigError("ESO_INVALID_CONFIG", problem, {
    hint: "Check the permissions of .store/index.db and the room on the disk.",
  });
}
