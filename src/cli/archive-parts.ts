import { randomUUID } from "node:crypto";

import type { Config } from "../config/config.ts";
import { fileArchive } from "../engines/files/file-archive.ts";
import type { Actor } from "../event/envelope.ts";
import type { EventLog } from "../log/event-log.ts";
import { openStore } from "../open.ts";
import type { EventStore } from "../store/event-store.ts";
import type { PruneParts } from "../store/archive/prune.ts";
import type { Call } from "./command.ts";
import { actorOf } from "./commands/event-options.ts";
import { safe } from "./text.ts";

/** Days that are over are closed by whoever leaves the store, so it is opened and left once before. */
export async function closeDays({ context }: Pick<Call, "context">): Promise<void> {
  const store = await context.plain({ session: context.session, create: false });
  // What others have written since counts too.
  await store.log.head();
  await store.close();
}

/**
 * Works on the archive of a store that is there. With `letGo` the journal is followed by a new one at every chance,
 * so that it does not keep what is pruned.
 */
export async function onArchive<T>(
  { given, context, err }: Pick<Call, "given" | "context" | "err">,
  work: (parts: PruneParts, store: EventStore, config: Config) => Promise<T>,
  { letGo = false }: { readonly letGo?: boolean } = {},
): Promise<T> {
  const { config } = await context.config();
  const path = await context.storePath();
  const storage = letGo ? { ...config.storage, journal_max_bytes: 0 } : config.storage;
  await using store = await openStore({
    path,
    create: false,
    config: { ...config, storage, issue_key: { ...config.issue_key, default: null } },
    onWarning: (message) => {
      err.line(safe`${err.paint("warning", "warning:")} ${message}`).catch(() => undefined);
    },
  });
  return await work(
    {
      shelf: fileArchive(path),
      append: (request) => (store.log as EventLog).append(request),
      queryEvents: (filter) => store.queryEvents(filter),
      clock: Date.now,
      session: context.session ?? randomUUID(),
      actor: actorOf(given) as Actor,
      snapshot: (stream) => store.createSnapshot(stream),
      resetIndex: async () => store.index?.reset(),
    },
    store,
    config,
  );
}
