import { randomUUID } from "node:crypto";

import { type Actor, GLOBAL_STREAM } from "../../event/envelope.ts";
import type { InputOf } from "../../event/registry.ts";
import type { ReplayBegin } from "../../log/replay-journal.ts";
import { countsOf } from "./plan.ts";
import type { ReplayStep } from "./replay-options.ts";

/** Who replays when nobody is named. */
const STORE_ITSELF: Actor = { type: "system", id: "eso" };

/** The one event that a replay leaves behind. */
export function markerOf(
  begin: ReplayBegin,
  steps: readonly ReplayStep[],
  { actor = STORE_ITSELF, allowOnce }: { actor?: Actor | undefined; allowOnce: ReadonlySet<string> },
): InputOf<"EventsReplayed"> & { readonly event_id: string } {
  const { stream, from_sequence, to_sequence, replay_id, event_types, filtered } = begin;
  const counts = countsOf(steps);
  const stopped = steps.find(({ outcome }) => outcome === "not_reached");
  return {
    event_id: randomUUID(),
    event_type: "EventsReplayed",
    ...(stream === GLOBAL_STREAM ? {} : { issue_key: stream }),
    actor,
    metadata: {
      from_sequence,
      to_sequence,
      replayed_count: counts.done + counts.failed,
      skipped_count: counts.events - counts.done - counts.failed - counts.unknown - counts.not_reached,
      failed_count: counts.failed,
      overrides: overridesOf(allowOnce, steps),
      filter: {
        ...(event_types === null ? {} : { event_types }),
        ...(filtered ? { by_function: true } : {}),
      },
      replay_id,
      ...(counts.unknown === 0 ? {} : { unknown_count: counts.unknown }),
      ...(stopped === undefined
        ? {}
        : { stopped_before_sequence: stopped.event_sequence, not_reached_count: counts.not_reached }),
    },
  };
}

/** Only those without which this replay would not have begun. */
function overridesOf(allowOnce: ReadonlySet<string>, steps: readonly ReplayStep[]): string[] {
  const used = steps.filter(({ effect, outcome }) => effect === "once" && outcome !== undefined);
  const types = new Set(used.map(({ event_type }) => event_type));
  return [...allowOnce].filter((type) => types.has(type)).map((type) => `once:${type}`);
}
