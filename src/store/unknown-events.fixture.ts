import { createCodec } from "../event/codec.ts";
import type { JsonObject } from "../event/envelope.ts";
import { openFilesLog } from "../engines/files/open-files-log.ts";

/** What an event of the store's future says of itself. */
export interface FutureEvent {
  readonly event_type: string;
  readonly event_version: string;
  readonly metadata: JsonObject;
}

/** Stores lines that no version so far could have logged, each behind an ordinary event of PROJ-1. */
export async function recordFuture(path: string, future: readonly FutureEvent[]): Promise<void> {
  const codec = await createCodec({ defaultSessionId: "future" });
  const log = await openFilesLog({ path, access: "write", create: true, durability: "os" });
  const ordinary = () =>
    codec.prepare({
      event_type: "OrchestrationCompleted",
      issue_key: "PROJ-1",
      actor: { type: "agent", id: "coder" },
      metadata: {},
    });
  try {
    for (const { event_type, event_version, metadata } of future) {
      const body_json = ordinary().body_json.replace("{}", () => JSON.stringify(metadata));
      // Stamping takes types as they are, since the door lets none through that would need escapes.
      const type = JSON.stringify(event_type).slice(1, -1);
      const later = { ...ordinary(), event_type: type, event_version, body_json, effect: undefined };
      await log.append({ events: [ordinary(), later], expectedSequence: "any", onDuplicate: "conflict" });
    }
  } finally {
    await log.close();
  }
}
