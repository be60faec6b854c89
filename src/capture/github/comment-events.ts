import { naturalKey } from "../natural-keys.ts";
import {
  accountActor,
  type Draft,
  eventOf,
  keySources,
  type MappedEvent,
  type Surroundings,
} from "../webhook/mapping.ts";
import {
  addressOf,
  at,
  bodyOf,
  idOf,
  type Loose,
  nameOf,
  ordinalOf,
  textOf,
  timeOf,
} from "../webhook/payload.ts";

/** Verdicts are quality checks; a review that only remarks is a comment. */
export function reviewEvent(payload: Loose, around: Surroundings): MappedEvent | undefined {
  const review = at(payload, "review");
  const id = idOf(at(review, "id"));
  if (id === undefined || at(payload, "action") !== "submitted") return undefined;
  const state = textOf(at(review, "state"))?.toLowerCase();
  const by = nameOf(at(review, "user", "login"));
  const check = {
    check_type: "pr_review",
    check_id: `review-${id}`,
    checker_agent: by,
    ...numberIn(payload),
  };
  const verdicts: Readonly<Record<string, Pick<Draft, "type" | "metadata">>> = {
    approved: {
      type: "QualityCheckCompleted",
      metadata: { ...check, passed_quality_gate: true, blocking: false },
    },
    changes_requested: {
      type: "QualityCheckFailed",
      metadata: {
        ...check,
        failure_reason: "changes were requested",
        blocking: true,
        remediation_required: true,
      },
    },
    commented: { type: "CommentPosted", metadata: { comment_type: "review", ...remarkIn(review) } },
  };
  const verdict = verdicts[state ?? ""];
  // Without words of its own, such a review only carries remarks on lines, which come by themselves.
  if (verdict === undefined || (state === "commented" && bodyOf(at(review, "body")) === undefined))
    return undefined;
  return eventOf(
    {
      ...verdict,
      ...framed(payload, review, around),
      key: naturalKey.review(id),
      at: timeOf(at(review, "submitted_at")),
      sha: textOf(at(review, "commit_id")),
    },
    around,
  );
}

/** A remark on lines of a pull request. */
export function reviewCommentEvent(payload: Loose, around: Surroundings): MappedEvent | undefined {
  const comment = at(payload, "comment");
  return remarkEvent(payload, { comment, place: "github:review", type: "review" }, around);
}

/** A remark on an issue or pull request. */
export function issueCommentEvent(payload: Loose, around: Surroundings): MappedEvent | undefined {
  const comment = at(payload, "comment");
  const type = at(payload, "issue", "pull_request") === undefined ? "issue" : "pull_request";
  return remarkEvent(payload, { comment, place: "github", type }, around);
}

interface Remark {
  readonly comment: unknown;
  readonly place: string;
  readonly type: string;
}

function remarkEvent(
  payload: Loose,
  { comment, place, type }: Remark,
  around: Surroundings,
): MappedEvent | undefined {
  const remark = remarkIn(comment);
  // Later edits and removals change no fact: it was posted.
  if (remark === undefined || at(payload, "action") !== "created") return undefined;
  return eventOf(
    {
      ...framed(payload, comment, around),
      type: "CommentPosted",
      key: naturalKey.remark(place, remark.comment_id),
      at: timeOf(at(comment, "created_at")),
      metadata: { ...remark, comment_type: type, ...numberIn(payload), visibility: visibilityOf(payload) },
    },
    around,
  );
}

function remarkIn(
  comment: unknown,
): ({ comment_id: string } & Readonly<Record<string, unknown>>) | undefined {
  const id = idOf(at(comment, "id"));
  if (id === undefined) return undefined;
  const body = bodyOf(at(comment, "body"));
  return {
    comment_id: id,
    posted_by: nameOf(at(comment, "user", "login")),
    comment_body: body?.text,
    comment_url: addressOf(at(comment, "html_url")),
    truncated: body?.cut === true ? true : undefined,
  };
}

function visibilityOf(payload: Loose): string | undefined {
  const isPrivate = at(payload, "repository", "private");
  return typeof isPrivate === "boolean" ? (isPrivate ? "internal" : "public") : undefined;
}

function numberIn(payload: Loose): { pr_number?: number } {
  const pr =
    at(payload, "pull_request") ?? (at(payload, "issue", "pull_request") ? at(payload, "issue") : undefined);
  const number = ordinalOf(at(pr, "number"));
  return number === undefined ? {} : { pr_number: number };
}

/** What all remarks on a pull request or issue have in common. */
function framed(
  payload: Loose,
  remark: unknown,
  { rules }: Surroundings,
): Pick<Draft, "actor" | "sources" | "branch" | "url" | "sameIssueAs"> {
  const subject = at(payload, "pull_request") ?? at(payload, "issue");
  const branch = textOf(at(subject, "head", "ref"));
  const repo = nameOf(at(payload, "repository", "full_name"));
  const number = ordinalOf(at(subject, "number"));
  return {
    actor: accountActor(at(remark, "user") ?? at(payload, "sender"), rules),
    sources: keySources({ branch, prTitle: textOf(at(subject, "title")) }),
    branch,
    url: at(remark, "html_url"),
    ...(repo !== undefined &&
      number !== undefined && { sameIssueAs: [naturalKey.pullRequest(repo, number, "created")] }),
  };
}
