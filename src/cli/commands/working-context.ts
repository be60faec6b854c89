import type { EventInput } from "../../event/envelope.ts";
import { isObject } from "../../event/envelope-rules.ts";
import { extractIssueKeys } from "../../capture/issue-keys.ts";
import { workingCopy } from "../../capture/working-copy.ts";
import type { Config } from "../../config/config.ts";
import type { EventStore } from "../../store/event-store.ts";
import type { Context } from "../context.ts";
import type { Draft } from "./event-options.ts";

/** What an event says because of where it was logged, not because somebody said so. */
export type Surroundings = Pick<EventInput, "git_sha" | "branch" | "codebase_state" | "issue_key">;

/** Looks around for what the draft leaves open: commit, branch, cleanness, and the issue that is worked on. */
export async function surroundingsOf(
  draft: Draft,
  context: Context,
  store: EventStore,
): Promise<Surroundings> {
  const copy = workingCopy(context.cwd);
  const { config } = await context.config();
  const found: Surroundings = Object.fromEntries(
    Object.entries(copy).filter(([field]) => draft[field] === undefined),
  );
  if (hasIssue(draft, context, config)) return found;
  const issue =
    (await issueOfSession(draft, context, store)) ??
    (await issueOfBranch(draft["branch"] ?? copy.branch, config));
  return issue === undefined ? found : { ...found, issue_key: issue };
}

function hasIssue(draft: Draft, context: Context, config: Config): boolean {
  const inMetadata = isObject(draft.metadata) ? draft.metadata["issue_key"] : undefined;
  const key = draft["issue_key"] ?? inMetadata ?? context.issue ?? config.issue_key.default;
  return key !== undefined && key !== null;
}

async function issueOfSession(
  draft: Draft,
  context: Context,
  store: EventStore,
): Promise<string | undefined> {
  const session = draft["session_id"] ?? context.session;
  if (typeof session !== "string") return undefined;
  const { openOrchestration } = await import("../../store/open-orchestration.ts");
  return openOrchestration(store, session);
}

async function issueOfBranch(branch: unknown, config: Config): Promise<string | undefined> {
  if (typeof branch !== "string") return undefined;
  const { issueKeyRule } = await import("../../event/issue-key.ts");
  const fault = await issueKeyRule(config.issue_key.pattern);
  const [key] = extractIssueKeys(
    { branch },
    { projects: config.projects, deny: config.projects_deny, accepts: (found) => fault(found) === undefined },
  );
  return key;
}
