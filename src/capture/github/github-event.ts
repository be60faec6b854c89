import { at, objectOf, textOf } from "../webhook/payload.ts";

/** The kinds that tell themselves by a field of their own; the first that fits. */
const BY_FIELD: readonly (readonly [field: string, event: string])[] = [
  ["review", "pull_request_review"],
  ["check_run", "check_run"],
  ["check_suite", "check_suite"],
  ["workflow_job", "workflow_job"],
  ["workflow_run", "workflow_run"],
  ["pull_request", "pull_request"],
];

/** The event's name, as the header `X-GitHub-Event` has it, guessed from a payload that was saved without. */
export function githubEventOf(payload: unknown): string | undefined {
  if (objectOf(at(payload, "comment")) !== undefined) {
    if (objectOf(at(payload, "pull_request")) !== undefined) return "pull_request_review_comment";
    return objectOf(at(payload, "issue")) === undefined ? "commit_comment" : "issue_comment";
  }
  const found = BY_FIELD.find(([field]) => objectOf(at(payload, field)) !== undefined)?.[1];
  if (found !== undefined) return found;
  if (textOf(at(payload, "ref")) !== undefined && Array.isArray(at(payload, "commits"))) return "push";
  if (textOf(at(payload, "context")) !== undefined && textOf(at(payload, "state")) !== undefined)
    return "status";
  return undefined;
}
