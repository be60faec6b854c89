import { NotFoundError, ValidationError } from "../../errors.ts";
import type { StoredEvent } from "../../event/envelope.ts";
import { isEventOf } from "../../event/registry.ts";
import { type ArchiveParts, ofStream, record } from "./archive-records.ts";

type HoldParts = Pick<ArchiveParts, "append" | "queryEvents" | "session" | "actor">;

/** A legal hold as the log tells of it. */
export interface Hold {
  readonly issue: string;
  readonly held: boolean;
  readonly why: string;
  readonly since: string;
}

export interface HoldOptions {
  readonly issue: string;
  readonly why: string;
  readonly release?: boolean | undefined;
}

const WHY_LENGTH_MAX = 8_192;

/**
 * Sets or releases a legal hold: as long as it stands, nothing of the issue is pruned, whatever the policy.
 * @throws NotFoundError for an issue without events, or when there is no hold to release.
 */
export async function setHold(parts: HoldParts, options: HoldOptions): Promise<Hold & { already: boolean }> {
  const { issue, why, release = false } = options;
  checkWhy(why);
  if ((await firstOf(parts.queryEvents({ ...ofStream(issue), limit: 1, includeVoided: true }))) === undefined)
    throw notFound(`there are no events of ${issue}`, issue);
  const before = await holdOf(parts, issue);
  if (release && before?.held !== true) throw notFound(`${issue} is not held`, issue);
  if (!release && before?.held === true) return { ...before, already: true };
  const type = release ? "StoreHoldReleased" : "StoreHoldSet";
  const { recorded_at: since } = await record(parts, { type, stream: issue, metadata: { why } });
  return { issue, held: !release, why, since, already: false };
}

/** What the log says last about holding an issue; undefined when it was never held. */
export async function holdOf(
  parts: Pick<HoldParts, "queryEvents">,
  issue: string,
): Promise<Hold | undefined> {
  const filter = {
    ...ofStream(issue),
    eventTypes: ["StoreHoldSet", "StoreHoldReleased"],
    includeVoided: true,
    order: "desc",
    limit: 1,
  } as const;
  const event = await firstOf(parts.queryEvents(filter));
  if (event === undefined) return undefined;
  const why = event.metadata["why"];
  return {
    issue,
    held: isEventOf(event, "StoreHoldSet"),
    why: typeof why === "string" ? why : "",
    since: event.recorded_at,
  };
}

async function firstOf(events: AsyncIterable<StoredEvent>): Promise<StoredEvent | undefined> {
  for await (const event of events) return event;
  return undefined;
}

function checkWhy(why: string): void {
  if (why.trim() !== "" && why.length <= WHY_LENGTH_MAX) return;
  const message = `must say in 1 to ${WHY_LENGTH_MAX} characters why`;
  throw new ValidationError("ESO_INVALID_EVENT", `the hold was not changed: $.metadata.why ${message}`, {
    hint: "Name the case or the person who asked for it.",
    details: { issues: [{ path: "$.metadata.why", message }] },
  });
}

function notFound(message: string, what: string): NotFoundError {
  return new NotFoundError("ESO_NOT_FOUND", message, {
    hint: "eso ls lists the issues; eso archive list shows which are held.",
    details: { what },
  });
}
