import type { EventRef } from "../../projection/diff/event-ref.ts";
import type { Effect } from "../../store/causes.ts";
import { explain, type Explanation } from "../../store/explain.ts";
import type { Call } from "../command.ts";
import { findEvent } from "../find-event.ts";
import { TimeStyle } from "../local-time.ts";
import { joined, type Text } from "../text.ts";
import { whyLines } from "../why-view.ts";

/** `eso why <event>`: what an event goes back to, and what came of it. */
export async function why({ given, context, out, signal }: Call): Promise<void> {
  const store = await context.reading();
  const { event_id } = await findEvent(store, given.required("event"), context.issue);
  const found = await explain(store, event_id, { signal });
  if (given.flag("json")) await out.json({ schema: "eso.why/1", ...found });
  else if (out.terminal) await out.lines(whyLines(found, new TimeStyle(given.flag("utc")), out));
  else await out.lines(plainLines(found));
}

/** A row an event: what it is to the one asked about, how far away, and the event. */
function* plainLines({ causes, effects, event, summary }: Explanation): Generator<Text, void, undefined> {
  for (const [at, cause] of [...causes.entries()].toReversed()) {
    const how = [`cause -${at + 1}`, cause.link];
    if (cause.event === undefined)
      yield joined([...how, "", "", "", "", cause.event_id, cause.end ?? ""], "\t");
    else yield row(how, cause.event);
  }
  const { event_id, event_sequence, event_type, timestamp, actor } = event;
  yield row(["event", ""], { event_id, event_sequence, event_type, timestamp, actor, summary });
  yield* effectRows(effects, 1);
}

function* effectRows(effects: readonly Effect[], depth: number): Generator<Text> {
  for (const { event, link, effects: further } of effects) {
    yield row([`effect ${depth}`, link], event);
    yield* effectRows(further, depth + 1);
  }
}

function row(how: readonly string[], event: EventRef): Text {
  const { event_id, event_sequence, event_type, timestamp, actor, summary } = event;
  return joined([...how, timestamp, event_sequence, event_type, actor.id, event_id, summary], "\t");
}
