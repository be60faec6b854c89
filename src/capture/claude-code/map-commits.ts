import { smartCommit } from "../commit-message.ts";
import { countOf, objectOf, present, shortText, textOf } from "./json.ts";
import type { Ended } from "./map-commands.ts";
import { LEAD, type Mapping } from "./mapping.ts";
import { naturalKey } from "./natural-keys.ts";
import type { Seen } from "./observation.ts";

/** A commit as git reports it when it is made. */
interface Made {
  readonly sha: string;
  readonly subject?: string | undefined;
  readonly branch?: string | undefined;
  readonly amends?: boolean | undefined;
  readonly files_changed?: number | undefined;
  readonly insertions?: number | undefined;
  readonly deletions?: number | undefined;
}

/** `[PROJ-1 (root-commit) 99b497c] PROJ-1: x`, at the beginning of a line. */
const REPORT = /^(?:\S{0,40}> )?\[([^\]\n]{1,200}?)(?: \(root-commit\))? ([0-9a-f]{7,40})\] (.*)$/gm;
const STAT = /^ (\d+) files? changed(?:, (\d+) insertions?\(\+\))?(?:, (\d+) deletions?\(-\))?$/m;
const MAX_MESSAGE = 2_000;

/** The commits that a command line made, by what git printed, else by what the tool itself understood. */
export function commitsIn({ text, response, commands }: Ended): Made[] {
  const amends = commands.some((command) => command.kind === "commit" && command.amends);
  const reports = [...text.matchAll(REPORT)];
  const made = reports.map(([report, branch = "", sha = "", subject], at): Made => {
    const from = (reports[at]?.index ?? 0) + report.length;
    const stat = STAT.exec(text.slice(from, Math.min(from + 2_000, reports[at + 1]?.index ?? text.length)));
    return {
      sha,
      subject,
      branch: branch.startsWith("detached") ? undefined : branch,
      amends,
      files_changed: countOf(stat?.[1]),
      ...(stat !== null && { insertions: countOf(stat[2] ?? "0"), deletions: countOf(stat[3] ?? "0") }),
    };
  });
  const told = objectOf(objectOf(objectOf(response)?.["gitOperation"])?.["commit"]);
  const sha = textOf(told?.["sha"]);
  if (sha === undefined || !/^[0-9a-f]{7,40}$/i.test(sha)) return made;
  const isAmended = told?.["kind"] === "amended";
  const [known] = made;
  // Of several commits on one line the tool names one; git names all.
  if (known !== undefined) return made.length > 1 ? made : [{ ...known, amends: isAmended || known.amends }];
  return [{ sha, branch: textOf(told?.["branch"]), amends: isAmended }];
}

/** One commit, under the SHA that git printed: whoever has the repository makes a whole one of it. */
export function tellCommit(mapping: Mapping, seen: Seen, commit: Made & { readonly call: string }): void {
  const branch = commit.branch ?? seen.branch;
  const subject = commit.subject ?? "";
  const [issue, ...related] = mapping.keysIn({ ...(branch !== undefined && { branch }), subject });
  const smart = smartCommit(subject);
  const agent = mapping.agentOf(seen);
  mapping.emit(
    { ...seen, branch },
    {
      type: "CommitCreated",
      key: naturalKey.commit(commit.sha),
      issue,
      metadata: present({
        commit_sha: commit.sha,
        commit_message: shortText(subject, MAX_MESSAGE),
        files_changed: commit.files_changed,
        insertions: commit.insertions,
        deletions: commit.deletions,
        smart_commit: smart.commands,
        jira_transition: smart.transition,
        agent_author: agent?.name ?? LEAD,
        amended: commit.amends === true ? true : undefined,
        sha_unresolved: commit.sha.length < 40 ? true : undefined,
        related_issue_keys: related.length > 0 ? related.slice(0, 20) : undefined,
        tool_use_id: commit.call,
      }),
    },
  );
}
