/** One `Name: value` line of a message's last paragraph. */
export interface Trailer {
  readonly name: string;
  readonly value: string;
}

/** A commit message in its parts; `subject` is the first paragraph on one line, as git shows it. */
export interface CommitMessage {
  readonly subject: string;
  readonly body: string;
  readonly trailers: readonly Trailer[];
}

const BLANK_LINES = /\n[ \t]*\n\s*/;
const TRAILER = /^([A-Za-z0-9][A-Za-z0-9-]*)[ \t]{0,8}:(.*)$/;
const CONTINUATION = /^[ \t]/;
const GIT_GENERATED =
  /^(?:signed-off-by|co-authored-by|reviewed-by|acked-by):|^\(cherry picked from commit /i;

/** Splits a message as git does: subject, body, and the trailers that end the body. */
export function parseMessage(message: string): CommitMessage {
  const text = message.replaceAll("\r\n", "\n").trim();
  const gap = BLANK_LINES.exec(text);
  const head = gap === null ? text : text.slice(0, gap.index);
  const body = gap === null ? "" : text.slice(gap.index + gap[0].length);
  return { subject: oneLine(head), body, trailers: parseTrailers(body) };
}

function oneLine(paragraph: string): string {
  return paragraph
    .split("\n")
    .map((line) => line.trim())
    .join(" ");
}

/** The trailers of a body's last paragraph; none when prose stands among lines that are not git's own. */
function parseTrailers(body: string): Trailer[] {
  const lines = body.slice(lastParagraph(body)).split("\n");
  const trailers: Trailer[] = [];
  let prose = 0;
  for (const line of lines) {
    const found = TRAILER.exec(line);
    const last = trailers.at(-1);
    if (found !== null) trailers.push({ name: found[1] ?? "", value: (found[2] ?? "").trim() });
    else if (last !== undefined && CONTINUATION.test(line)) {
      trailers[trailers.length - 1] = { name: last.name, value: `${last.value} ${line.trim()}` };
    } else if (!GIT_GENERATED.test(line)) prose += 1;
  }
  const trusted =
    prose === 0 || (lines.some((line) => GIT_GENERATED.test(line)) && prose <= trailers.length * 3);
  return trusted ? trailers : [];
}

function lastParagraph(body: string): number {
  const gap = body.lastIndexOf("\n\n");
  return gap === -1 ? 0 : gap + 2;
}

const NAMES_ISSUES =
  /^(?:jira|issues?|tickets?|task|story|bugs?|refs?|references?|fix(?:e[sd])?|close[sd]?|resolve[sd]?|implements|part-of|relate[sd]?(?:-to)?|see(?:-also)?)(?:-(?:id|key|issue))?$/i;

/** The values of those trailers that are there to name issues, such as `Jira:`, `Refs:` and `Closes:`. */
export function issueTrailers(trailers: readonly Trailer[]): string[] {
  return trailers.filter(({ name }) => NAMES_ISSUES.test(name)).map(({ value }) => value);
}

/** The branches that a merge commit's subject names. */
export interface MergedBranches {
  /** What was merged in. */
  readonly from: string;
  /** Where the commit lies; git leaves it out for the repository's default branch. */
  readonly into?: string;
}

const MERGE_BRANCH =
  /^Merge (?:remote-tracking )?branch(?:es)? '([^']{1,255})'(?: of [^ ]+)?(?: into '?([^' ]{1,255})'?)?/;
const GITHUB_MERGE = /^Merge pull request #\d+ from ([^ ]{1,255})/;
const BITBUCKET_MERGE = /^Merged in ([^ ]{1,255}) \(pull request #\d+\)/;
const BITBUCKET_SERVER_MERGE = /^Merge pull request #\d+ in [^ ]+ from ([^ ]{1,255}) to ([^ ]{1,255})/;
const MERGES = [MERGE_BRANCH, GITHUB_MERGE, BITBUCKET_MERGE, BITBUCKET_SERVER_MERGE];

/** Reads a merge subject as git, GitHub, GitLab and Bitbucket write them. */
export function mergedBranches(subject: string): MergedBranches | undefined {
  if (!subject.startsWith("Merge")) return undefined;
  for (const pattern of MERGES) {
    const [, from, into] = pattern.exec(subject) ?? [];
    if (from !== undefined) return into === undefined ? { from } : { from, into };
  }
  return undefined;
}

/** What a message asks Jira to do. */
export interface SmartCommit {
  readonly commands: boolean;
  /** The status or workflow step asked for. */
  readonly transition?: string;
}

const COMMAND = /(?<!\S)#(comment|time|transition)(?!\S)[ \t]*([^#\n]*)/g;
const WORKFLOW_STEP =
  /(?<!\S)#(close|resolve|reopen|start-progress|stop-progress|in-progress|start-review|done)(?!\S)/;
const MAX_TRANSITION = 255;

/** Finds Jira's smart-commit commands: `#comment`, `#time`, `#transition <status>` and the default workflow's steps. */
export function smartCommit(message: string): SmartCommit {
  if (!message.includes("#")) return { commands: false };
  const found = [...message.matchAll(COMMAND)];
  const named = found.find(([, command, rest]) => command === "transition" && rest?.trim() !== "")?.[2];
  const transition =
    named?.trim().slice(0, MAX_TRANSITION).toWellFormed() ?? WORKFLOW_STEP.exec(message)?.[1];
  return transition === undefined ? { commands: found.length > 0 } : { commands: true, transition };
}

const CO_AUTHOR = /^co-authored-by:([^<\n]*)<([^<>\n]*)>/gim;

/** Everyone a `Co-authored-by:` line names, wherever it stands: squashed messages carry them in the middle. */
export function coAuthors(message: string): { name: string; email: string }[] {
  if (!/co-authored-by/i.test(message)) return [];
  return [...message.matchAll(CO_AUTHOR)].map(([, name = "", email = ""]) => ({ name: name.trim(), email }));
}
