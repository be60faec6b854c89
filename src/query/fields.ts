import { GLOBAL_STREAM, type Json, type StoredEvent } from "../event/envelope.ts";

/** The filters that compare for equality. */
export const EQUALITY_FIELDS = [
  "issueKey",
  "eventTypes",
  "agentName",
  "phase",
  "actorId",
  "sessionId",
  "correlationId",
  "causationId",
  "branch",
] as const;

export type EqualityField = (typeof EQUALITY_FIELDS)[number];

/**
 * What each of them looks at. The predicate and the index both read it here, so
 * that they cannot differ.
 */
export const FIELD_VALUES: Readonly<Record<EqualityField, (event: StoredEvent) => string | undefined>> = {
  issueKey: (event) => event.issue_key ?? GLOBAL_STREAM,
  eventTypes: (event) => event.event_type,
  agentName: (event) => stringOf(event.metadata["agent_name"]),
  phase: (event) => event.phase,
  actorId: (event) => event.actor.id,
  sessionId: (event) => event.session_id,
  correlationId: (event) => event.correlation_id,
  causationId: (event) => event.causation_id,
  branch: (event) => event.branch,
};

/** The commits that an event is about or was logged at, in lower case; often fewer than 40 digits. */
export function commitsOf({ metadata, git_sha }: StoredEvent): readonly string[] {
  const commits: string[] = [];
  for (const value of [metadata["commit_sha"], metadata["merged_commit_sha"], git_sha]) {
    if (typeof value === "string" && value.length >= SHA_MIN) commits.push(value.toLowerCase());
  }
  return commits;
}

/** Fewer hex digits than this do not name a commit. */
export const SHA_MIN = 7;

/** Whether two commit names, each possibly cut, can be the same commit. */
export function sameCommit(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a);
}

function stringOf(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
