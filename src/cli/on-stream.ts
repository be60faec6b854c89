import { GLOBAL_STREAM } from "../event/envelope.ts";
import type { EventStore } from "../store/event-store.ts";
import type { Context } from "./context.ts";

/** Works with a store that is there; for `global` one that puts no default issue into events that name none. */
export async function onStream<T>(
  context: Context,
  stream: string,
  work: (store: EventStore) => Promise<T>,
): Promise<T> {
  if (stream !== GLOBAL_STREAM) return work(await context.reading());
  await using plain = await context.plain({ session: context.session, create: false });
  return await work(plain);
}
