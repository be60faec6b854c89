import { GLOBAL_STREAM, type EventInput, type Json } from "../../event/envelope.ts";
import { isObject } from "../../event/envelope-rules.ts";
import { ConflictError } from "../../errors.ts";
import type { Ack, AppendOptions } from "../../store/append.ts";
import type { EventStore } from "../../store/event-store.ts";
import type { Call } from "../command.ts";
import { type Text, safe } from "../text.ts";
import type { Paint } from "../colour.ts";
import { type Attachment, attachmentsOf } from "./attachments.ts";
import { appendOptionsOf, type Draft, draftOf } from "./event-options.ts";
import { type Surroundings, surroundingsOf } from "./working-context.ts";

/** `eso log`: records one event and prints its acknowledgement. */
export async function log({ given, context, out }: Call): Promise<void> {
  const draft = await draftOf(given, { store: await context.storePath(), cwd: context.cwd, now: Date.now() });
  const options = appendOptionsOf(given);
  const attachments = await attachmentsOf(given, context.cwd);
  const isGlobal = draft["issue_key"] === GLOBAL_STREAM;
  await using plain = isGlobal ? await context.plain({ session: context.session }) : undefined;
  const store = plain ?? (await context.writing());
  const around = await surroundingsOf(draft, context, store);
  if (isGlobal) delete draft["issue_key"];
  const event = withAttachments(draft, attachments, store);
  const ack = await logOnce(store, { event, around }, options);
  if (given.flag("json")) await out.json({ schema: "eso.ack/1", ...ack });
  else await out.line(lineOf(draft.event_type, await streamOf(store, ack), { ack, paint: out.paint }));
}

/** Puts the references in, and the files into the store once the event is known to be one. */
function withAttachments(draft: Draft, attachments: readonly Attachment[], store: EventStore): Draft {
  if (attachments.length === 0) return draft;
  const references = attachments.map(({ field, reference }): [string, Json] => [field, { ...reference }]);
  const metadata = { ...(isObject(draft.metadata) ? draft.metadata : {}), ...Object.fromEntries(references) };
  const event = { ...draft, metadata };
  store.checkEvents([event as unknown as EventInput]);
  for (const { bytes, reference } of attachments) store.attach(bytes, reference.media_type);
  return event;
}

/**
 * A retry may come from another commit or branch than the first try; that alone does not make it another fact,
 * so what nobody said is taken from the first record.
 */
async function logOnce(
  store: EventStore,
  { event, around }: { event: Draft; around: Surroundings },
  options: AppendOptions,
): Promise<Ack> {
  try {
    return await store.logEvent({ ...event, ...around } as unknown as EventInput, options);
  } catch (error) {
    const first = error instanceof ConflictError ? await firstRecord(store, event) : undefined;
    if (first === undefined) throw error;
    const then = ["git_sha", "branch", "codebase_state", "issue_key"].filter(
      (field) => event[field] === undefined,
    );
    const before = Object.fromEntries(
      then.flatMap((field) => (first[field] === undefined ? [] : [[field, first[field]]])),
    );
    return store.logEvent({ ...event, ...before } as unknown as EventInput, options);
  }
}

async function firstRecord(store: EventStore, event: Draft): Promise<Record<string, unknown> | undefined> {
  const { event_id: id, idempotency_key: key } = event;
  const byId = typeof id === "string" ? await store.log.findById(id.toLowerCase()) : undefined;
  const line = byId ?? (typeof key === "string" ? await store.log.findByKey(key) : undefined);
  return line === undefined
    ? undefined
    : (JSON.parse(Buffer.from(line.bytes).toString()) as Record<string, unknown>);
}

async function streamOf(store: EventStore, ack: Ack): Promise<string> {
  const [line] = await store.log.readAt([ack.position]);
  return line?.stream ?? GLOBAL_STREAM;
}

const PROMISES: Readonly<Record<Ack["durability"], string>> = {
  group: "on disk",
  sync: "on disk",
  os: "handed to the operating system",
  memory: "in memory",
};

function lineOf(type: string, stream: string, { ack, paint }: { ack: Ack; paint: Paint }): Text {
  const place = paint("key", `${stream} #${ack.event_sequence}`);
  const how = ack.duplicate ? `recorded before, ${ack.recorded_at}` : PROMISES[ack.durability];
  return safe`${place}  ${paint("heading", type)}  ${ack.event_id}  ${paint("quiet", `(${how})`)}`;
}
