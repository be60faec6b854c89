import type { Actor, StoredEvent } from "../../event/envelope.ts";
import { summarise } from "../event-summary.ts";

/** An event in short, as answers name it. */
export interface EventRef {
  readonly event_id: string;
  /** Absent for events of no issue. */
  readonly issue_key?: string;
  readonly event_sequence: number;
  readonly event_type: string;
  readonly timestamp: string;
  readonly actor: Actor;
  /** In plain words; event text as it is. */
  readonly summary: string;
}

/** Names an event. */
export function refOf(event: StoredEvent): EventRef {
  const { event_id, issue_key, event_sequence, event_type, timestamp, actor } = event;
  return {
    event_id,
    ...(issue_key === undefined ? {} : { issue_key }),
    event_sequence,
    event_type,
    timestamp,
    actor,
    summary: summarise(event).text,
  };
}

/** The commit that an event is about, else the one that it was logged at. */
export function commitOf({ metadata, git_sha }: StoredEvent): string | undefined {
  for (const sha of [metadata["commit_sha"], metadata["merged_commit_sha"], git_sha]) {
    if (typeof sha === "string") return sha;
  }
  return undefined;
}
