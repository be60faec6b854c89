import { pushEvents } from "../github/push-events.ts";
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

/** What a webhook of GitLab tells: merge requests and pushes. */
export function mapGitlab(payload: unknown, around: Surroundings): Mapped {
  const object = objectOf(payload);
  if (object === undefined) return unmapped("not a JSON object");
  const kind = nameOf(object["object_kind"], 64) ?? "an unknown kind";
  if (kind === "push") return pushEvents(object, around);
  if (kind !== "merge_request") return unmapped(`no event is made of ${kind}`);
  const action = nameOf(at(object, "object_attributes", "action"), 64) ?? "no action";
  const type = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (type === undefined) return unmapped(`no event is made of merge_request.${action}`);
  return mapped([mergeRequestEvent(object, type, around)], undefined);
}

type Type = "PRCreated" | "PRMerged" | "PRClosed";

const ACTIONS: Readonly<Record<string, Type>> = { open: "PRCreated", merge: "PRMerged", close: "PRClosed" };

function mergeRequestEvent(payload: Loose, type: Type, around: Surroundings): MappedEvent | undefined {
  const request = at(payload, "object_attributes");
  const number = ordinalOf(at(request, "iid"));
  const repo =
    nameOf(at(payload, "project", "path_with_namespace")) ??
    nameOf(at(request, "target", "path_with_namespace"));
  if (number === undefined || repo === undefined) return undefined;
  const branch = textOf(at(request, "source_branch"));
  const by = at(payload, "user");
  const updated = timeOf(at(request, "updated_at"));
  const when =
    type === "PRCreated"
      ? timeOf(at(request, "created_at"))
      : (timeOf(at(request, type === "PRMerged" ? "merged_at" : "closed_at")) ?? updated);
  if (type === "PRClosed" && when === undefined) return undefined;
  const fact = { PRCreated: "created", PRMerged: "merged", PRClosed: `closed:${when}` }[type];
  const draft: Draft = {
    type,
    key: naturalKey.pullRequest(repo, number, fact),
    at: when,
    actor: accountActor(by, around.rules),
    sources: keySources({ branch, prTitle: textOf(at(request, "title")) }),
    branch,
    sha: textOf(
      at(
        request,
        type === "PRMerged" ? "merge_commit_sha" : "last_commit",
        ...(type === "PRMerged" ? [] : ["id"]),
      ),
    ),
    url: at(request, "url"),
    sameIssueAs: [naturalKey.pullRequest(repo, number, "created")],
    metadata: { pr_number: number, repo, ...METADATA[type](payload, request, when) },
  };
  return eventOf(draft, around);
}

type Teller = (
  payload: Loose,
  request: unknown,
  when: string | undefined,
) => Readonly<Record<string, unknown>>;

const METADATA: Readonly<Record<Type, Teller>> = {
  PRCreated(payload, request) {
    const body = bodyOf(at(request, "description"));
    const isDraft = at(request, "draft") ?? at(request, "work_in_progress");
    return {
      pr_url: addressOf(at(request, "url")),
      created_at: timeOf(at(request, "created_at")),
      pr_title: nameOf(at(request, "title"), LIMITS.title),
      pr_description: body?.text,
      base_branch: nameOf(at(request, "target_branch")),
      head_branch: nameOf(at(request, "source_branch")),
      reviewers: namesOf(payload["reviewers"], "username"),
      labels: namesOf(payload["labels"], "title"),
      draft: typeof isDraft === "boolean" ? isDraft : undefined,
      auto_merge_enabled: booleanOf(at(request, "merge_when_pipeline_succeeds")),
      truncated: body?.cut === true ? true : undefined,
    };
  },
  PRMerged(payload, request, when) {
    const sha = textOf(at(request, "merge_commit_sha"));
    const seconds = secondsBetween(timeOf(at(request, "created_at")), when);
    return {
      merged_by: nameOf(at(payload, "user", "username")),
      merged_at: when,
      merged_commit_sha: sha !== undefined && /^[0-9a-f]{7,40}$/i.test(sha) ? sha : undefined,
      time_to_merge_hours: seconds === undefined ? undefined : Math.round(seconds / 36) / 100,
    };
  },
  PRClosed: (payload) => ({ closed_by: nameOf(at(payload, "user", "username")) }),
};

function booleanOf(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}
