import { type Actor, GLOBAL_STREAM } from "../../event/envelope.ts";
import { summarise } from "../../projection/event-summary.ts";
import type { Call } from "../command.ts";
import { safe } from "../text.ts";
import { UsageError } from "../usage-error.ts";
import { actorOf } from "./event-options.ts";

/** `eso void <event>`: says of a wrongly logged event that it does not count. */
export async function voidOne({ given, context, out }: Call): Promise<void> {
  const why = given.text("why");
  if (why === undefined)
    throw new UsageError("--why is missing", "Say what is wrong with the event: --why 'logged twice'.");
  const actor = actorOf(given) as Actor;
  const store = await context.reading();
  const { event, by, already } = await store.voidEvent(given.required("event"), { why, actor });
  const stream = event.issue_key ?? GLOBAL_STREAM;
  if (given.flag("json")) {
    const facts = { issue_key: event.issue_key ?? null, voided_event_id: event.event_id, already };
    await out.json({ schema: "eso.void/1", ...facts, event_type: event.event_type, by });
    return;
  }
  const place = out.paint("key", `${stream} #${event.event_sequence}`);
  await out.line(safe`${place}  ${out.paint("heading", event.event_type)}  ${summarise(event).text}`);
  const how = already
    ? `was void already, since #${by.event_sequence}`
    : `is void now, by #${by.event_sequence}`;
  await out.line(safe`${how}: ${by.why ?? "no reason given"} ${out.paint("quiet", `(${by.actor.id})`)}`);
}
