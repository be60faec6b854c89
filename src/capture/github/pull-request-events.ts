import { naturalKey } from "../natural-keys.ts";
import {
  accountActor,
  type Draft,
  eventOf,
  keySources,
  mapped,
  type Mapped,
  type MappedEvent,
  type Surroundings,
  unmapped,
} from "../webhook/mapping.ts";
import {
  addressOf,
  at,
  bodyOf,
  countOf,
  LIMITS,
  type Loose,
  nameOf,
  namesOf,
  objectOf,
  ordinalOf,
  secondsBetween,
  textOf,
  timeOf,
} from "../webhook/payload.ts";

/** A pull request's opening, merge or closing. */
export function pullRequestEvents(payload: Loose, around: Surroundings): Mapped {
  const pr = objectOf(at(payload, "pull_request"));
  const repo = nameOf(at(payload, "repository", "full_name"));
  if (pr === undefined) return unmapped("there is no pull request in it");
  const sender = at(payload, "sender");
  switch (at(payload, "action")) {
    case "opened":
      return mapped([created(pr, repo, around)]);
    case "closed":
      return mapped([
        pr["merged"] === true ? merged(pr, repo, around) : closed(pr, { repo, by: sender }, around),
      ]);
    default:
      return unmapped("nothing was opened, merged or closed");
  }
}

/** All that a pull request's own record tells, as GitHub's REST interface lists it. */
export function recordedPullRequest(pr: Loose, around: Surroundings): Mapped {
  const repo = nameOf(at(pr, "base", "repo", "full_name"));
  const isMerged = textOf(pr["merged_at"]) !== undefined;
  const isClosed = textOf(pr["closed_at"]) !== undefined;
  const by = at(pr, "closed_by") ?? at(pr, "merged_by");
  const end = isMerged ? merged(pr, repo, around) : isClosed ? closed(pr, { repo, by }, around) : undefined;
  return mapped([created(pr, repo, around), end]);
}

type Part = Omit<Draft, "type" | "key" | "at" | "actor" | "metadata">;

interface Place {
  readonly repo: string;
  readonly number: number;
  readonly part: Part;
}

function placeOf(pr: Loose, repo: string | undefined): Place | undefined {
  const number = ordinalOf(pr["number"]);
  if (number === undefined || repo === undefined) return undefined;
  const branch = textOf(at(pr, "head", "ref"));
  const part: Part = {
    sources: keySources({ branch, prTitle: textOf(pr["title"]) }),
    branch,
    url: pr["html_url"],
    sameIssueAs: [naturalKey.pullRequest(repo, number, "created")],
  };
  return { repo, number, part };
}

function created(pr: Loose, repo: string | undefined, around: Surroundings): MappedEvent | undefined {
  const place = placeOf(pr, repo);
  if (place === undefined) return undefined;
  const body = bodyOf(pr["body"]);
  const draft: Draft = {
    ...place.part,
    type: "PRCreated",
    key: naturalKey.pullRequest(place.repo, place.number, "created"),
    at: timeOf(pr["created_at"]),
    actor: accountActor(pr["user"], around.rules),
    sha: textOf(at(pr, "head", "sha")),
    metadata: {
      pr_number: place.number,
      repo: place.repo,
      pr_url: addressOf(pr["html_url"]),
      pr_title: nameOf(pr["title"], LIMITS.title),
      pr_description: body?.text,
      base_branch: nameOf(at(pr, "base", "ref")),
      head_branch: nameOf(at(pr, "head", "ref")),
      commits_count: countOf(pr["commits"]),
      files_changed: countOf(pr["changed_files"]),
      reviewers: namesOf(pr["requested_reviewers"], "login"),
      labels: namesOf(pr["labels"], "name"),
      draft: typeof pr["draft"] === "boolean" ? pr["draft"] : undefined,
      auto_merge_enabled: Object.hasOwn(pr, "auto_merge") ? pr["auto_merge"] !== null : undefined,
      ci_status: "pending",
      created_at: timeOf(pr["created_at"]),
      truncated: body?.cut === true ? true : undefined,
    },
  };
  return eventOf(draft, around);
}

function merged(pr: Loose, repo: string | undefined, around: Surroundings): MappedEvent | undefined {
  const place = placeOf(pr, repo);
  if (place === undefined) return undefined;
  const [openedAt, mergedAt] = [timeOf(pr["created_at"]), timeOf(pr["merged_at"])];
  const seconds = secondsBetween(openedAt, mergedAt);
  const [remarks, reviewRemarks] = [countOf(pr["comments"]), countOf(pr["review_comments"])];
  const sha = textOf(pr["merge_commit_sha"]);
  const draft: Draft = {
    ...place.part,
    type: "PRMerged",
    key: naturalKey.pullRequest(place.repo, place.number, "merged"),
    at: mergedAt,
    actor: accountActor(pr["merged_by"] ?? pr["user"], around.rules),
    sha,
    metadata: {
      pr_number: place.number,
      repo: place.repo,
      merged_by: nameOf(at(pr, "merged_by", "login")),
      merge_method: nameOf(at(pr, "auto_merge", "merge_method")),
      merged_commit_sha: sha !== undefined && /^[0-9a-f]{7,40}$/i.test(sha) ? sha : undefined,
      merged_at: mergedAt,
      time_to_merge_hours: seconds === undefined ? undefined : Math.round(seconds / 36) / 100,
      comments_count:
        remarks === undefined && reviewRemarks === undefined
          ? undefined
          : (remarks ?? 0) + (reviewRemarks ?? 0),
    },
  };
  return eventOf(draft, around);
}

function closed(
  pr: Loose,
  { repo, by }: { repo: string | undefined; by: unknown },
  around: Surroundings,
): MappedEvent | undefined {
  const place = placeOf(pr, repo);
  const closedAt = timeOf(pr["closed_at"]) ?? timeOf(pr["updated_at"]);
  if (place === undefined || closedAt === undefined) return undefined;
  const draft: Draft = {
    ...place.part,
    type: "PRClosed",
    key: naturalKey.pullRequest(place.repo, place.number, `closed:${closedAt}`),
    at: closedAt,
    actor: accountActor(by ?? pr["user"], around.rules),
    sha: textOf(at(pr, "head", "sha")),
    metadata: {
      pr_number: place.number,
      repo: place.repo,
      closed_by: nameOf(at(by, "login")),
      comments: countOf(pr["comments"]),
    },
  };
  return eventOf(draft, around);
}
