import { commitMetadata, fitOnLine } from "../commit-metadata.ts";
import { issueTrailers, mergedBranches, parseMessage } from "../commit-message.ts";
import { agentAuthor, authorActor } from "../git-author.ts";
import { naturalKey } from "../natural-keys.ts";
import {
  eventOf,
  keySources,
  mapped,
  type Mapped,
  type MappedEvent,
  type Surroundings,
} from "../webhook/mapping.ts";
import { at, type Loose, objectsOf, textOf, timeOf } from "../webhook/payload.ts";

const FULL_SHA = /^[0-9a-f]{40}$/i;
const BRANCH = "refs/heads/";

/** One event for each commit that a push brought; GitHub's and GitLab's pushes name commits alike. */
export function pushEvents(payload: Loose, around: Surroundings): Mapped {
  const ref = textOf(at(payload, "ref")) ?? "";
  const push: Push = {
    branch: ref.startsWith(BRANCH) ? ref.slice(BRANCH.length) : undefined,
    repo:
      textOf(at(payload, "repository", "full_name")) ?? textOf(at(payload, "project", "path_with_namespace")),
  };
  const commits = objectsOf(at(payload, "commits"));
  // What was pushed elsewhere before was told then.
  const fresh = commits.filter((commit) => at(commit, "distinct") !== false);
  const events = fresh.map((commit) => pushedCommit(commit, push, around));
  const lost = events.filter((event) => event === undefined).length;
  const total = at(payload, "total_commits_count");
  const missing = typeof total === "number" && total > commits.length ? total - commits.length : 0;
  if (lost > 0) return mapped(events, `${lost} of its commits have no full id or no message`);
  return mapped(
    events,
    missing > 0 ? `${missing} of its commits are not in it; import them with eso import git` : undefined,
  );
}

interface Push {
  readonly branch: string | undefined;
  readonly repo: string | undefined;
}

function pushedCommit(commit: Loose, { branch, repo }: Push, around: Surroundings): MappedEvent | undefined {
  const [sha, message] = [textOf(at(commit, "id"))?.toLowerCase(), at(commit, "message")];
  if (sha === undefined || !FULL_SHA.test(sha) || typeof message !== "string") return undefined;
  const text = message.toWellFormed().trimEnd();
  const { subject, body, trailers } = parseMessage(text);
  const merged = mergedBranches(subject);
  const branches = [branch, merged?.from, merged?.into].filter((name) => name !== undefined);
  const author = authorOf(at(commit, "author"));
  const agent = agentAuthor(author, text);
  // Numbers of lines are not told.
  const { repo: named, ...rest } = fitOnLine({
    ...commitMetadata({ sha, message: text }, repo ?? ""),
    ...changes(commit),
  });
  return eventOf(
    {
      type: "CommitCreated",
      key: naturalKey.commit(sha),
      at: timeOf(at(commit, "timestamp")),
      actor: authorActor(author),
      sources: keySources({ branch: branches, subject, trailers: issueTrailers(trailers), body }),
      metadata: { ...rest, repo: named || undefined, agent_author: agent },
      branch: branch ?? merged?.into,
      sha,
      url: at(commit, "url"),
    },
    around,
  );
}

function authorOf(author: unknown): { name: string; email: string } {
  return { name: textOf(at(author, "name")) ?? "", email: textOf(at(author, "email")) ?? "" };
}

/** The files in git's own order; absent for merges, of which the payload tells nothing. */
function changes(commit: Loose): { files_changed?: number; changed_files?: string[] } {
  const paths = ["added", "modified", "removed"].flatMap((kind) => {
    const list = at(commit, kind);
    return Array.isArray(list) ? list.filter((path) => typeof path === "string") : [];
  });
  if (paths.length === 0) return {};
  const files = [...new Set(paths.map((path) => path.toWellFormed()))].sort((one, other) =>
    Buffer.compare(Buffer.from(one), Buffer.from(other)),
  );
  return { files_changed: files.length, changed_files: files };
}
