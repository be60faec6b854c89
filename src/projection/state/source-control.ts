import type { EventOf } from "../../event/registry.ts";
import type { PullRequestState } from "./orchestration-state.ts";
import { present } from "./present.ts";
import type { Reducers } from "./reducer.ts";
import type { StateEdit } from "./state-edit.ts";

type PrEvent = EventOf<"PRCreated"> | EventOf<"PRMerged"> | EventOf<"PRClosed">;
type Moments = Pick<PullRequestState, "created_at" | "merged_at" | "closed_at">;

export const sourceControlReducers: Reducers<"CommitCreated" | "PRCreated" | "PRMerged" | "PRClosed"> = {
  CommitCreated(edit, { timestamp, metadata: { commit_sha, commit_message } }) {
    if (edit.find("commits", commit_sha) === undefined)
      edit.put("commits", { sha: commit_sha, message: commit_message, timestamp });
  },

  PRCreated(edit, event) {
    const { pr_url, pr_title } = event.metadata;
    const known = pullRequestOf(edit, event);
    putPullRequest(
      edit,
      { ...known, ...present({ url: pr_url, title: pr_title }) },
      { created_at: event.timestamp },
    );
  },

  PRMerged: (edit, event) => putPullRequest(edit, pullRequestOf(edit, event), { merged_at: event.timestamp }),

  PRClosed: (edit, event) => putPullRequest(edit, pullRequestOf(edit, event), { closed_at: event.timestamp }),
};

/** What is known of an event's pull request, with the repository as far as anybody named it. */
function pullRequestOf(edit: StateEdit, { metadata }: PrEvent): PullRequestState {
  const { repo, pr_number: number } = metadata;
  const named = edit.find("prs", `${repo ?? ""}#${number}`);
  if (named !== undefined) return named;
  if (repo !== undefined) {
    // Until now nobody said which repository it is in.
    const nameless = edit.take("prs", `#${number}`);
    return nameless === undefined ? { number, repo, status: "open" } : { ...nameless, repo };
  }
  const [only, ...others] = edit.state.prs.filter((pr) => pr.number === number);
  return only !== undefined && others.length === 0 ? only : { number, status: "open" };
}

/** The newest of each moment decides: what is merged stays merged, what is created after its closing is open again. */
function putPullRequest(edit: StateEdit, known: PullRequestState, at: Moments): void {
  const moments = present({
    created_at: later(known.created_at, at.created_at),
    merged_at: later(known.merged_at, at.merged_at),
    closed_at: later(known.closed_at, at.closed_at),
  });
  edit.put("prs", { ...known, ...moments, status: statusOf(moments) });
}

function later(known: string | undefined, told: string | undefined): string | undefined {
  return known === undefined || (told !== undefined && told > known) ? told : known;
}

function statusOf({ created_at = "", merged_at, closed_at }: Moments): PullRequestState["status"] {
  if (merged_at !== undefined) return "merged";
  return closed_at !== undefined && closed_at >= created_at ? "closed" : "open";
}
