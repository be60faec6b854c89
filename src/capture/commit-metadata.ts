import { MAX_LINE_BYTES } from "../event/envelope.ts";
import { smartCommit } from "./commit-message.ts";
import type { GitCommit } from "./git-log.ts";

/** `metadata` of a CommitCreated event that was read from a repository. */
export interface CommitMetadata {
  readonly commit_sha: string;
  readonly commit_message: string;
  readonly repo: string;
  /** Absent where git cannot say what the commit itself changed: merges, a shallow clone's edge. */
  readonly files_changed?: number;
  readonly insertions?: number;
  readonly deletions?: number;
  readonly changed_files?: readonly string[];
  readonly smart_commit: boolean;
  readonly jira_transition?: string;
  readonly agent_author?: string;
  readonly related_issue_keys?: readonly string[];
  /** The line limit cut the message, the files or the keys. */
  readonly truncated?: true;
  readonly changed_files_total?: number;
}

const MAX_RELATED_KEYS = 100;
/** Left for what the store adds to a line: ids, times, hashes, session and principal. */
const STORE_BYTES = 2_048;
const MAX_MESSAGE_BYTES = 24_000;
const MAX_FILES_BYTES = 32_000;
/** A character takes six bytes at most as JSON, so that shorter events need no measuring. */
const SURELY_FITS = 8_000;

/** What the commit itself says, of any length. */
export function commitMetadata(
  { sha, message, stat }: Pick<GitCommit, "sha" | "message" | "stat">,
  repo: string,
): CommitMetadata {
  const smart = smartCommit(message);
  return {
    commit_sha: sha,
    commit_message: message,
    repo,
    ...(stat && {
      files_changed: stat.files_changed,
      insertions: stat.insertions,
      deletions: stat.deletions,
      changed_files: stat.files.map((file) => file.path),
    }),
    smart_commit: smart.commands,
    ...(smart.transition !== undefined && { jira_transition: smart.transition }),
  };
}

/** Cuts what would not fit on a line, and says so. */
export function fitOnLine(metadata: CommitMetadata): CommitMetadata {
  const { changed_files: files = [], related_issue_keys: related = [] } = metadata;
  const total = metadata.files_changed ?? 0;
  const complete = total === files.length && related.length <= MAX_RELATED_KEYS;
  const length = metadata.commit_message.length + files.reduce((sum, path) => sum + path.length + 3, 0);
  if (complete && (length < SURELY_FITS || jsonBytes(metadata) < MAX_LINE_BYTES - STORE_BYTES))
    return metadata;
  return {
    ...metadata,
    commit_message: cutText(metadata.commit_message, MAX_MESSAGE_BYTES),
    ...(metadata.changed_files && { changed_files: cutList(files, MAX_FILES_BYTES) }),
    ...(related.length > 0 && { related_issue_keys: related.slice(0, MAX_RELATED_KEYS) }),
    truncated: true,
    ...(metadata.changed_files && { changed_files_total: total }),
  };
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** The longest beginning whose JSON is within `bytes`, never half a character. */
function cutText(text: string, bytes: number): string {
  if (jsonBytes(text.slice(0, bytes)) <= bytes && text.length <= bytes) return text;
  let low = 0;
  let high = Math.min(text.length, bytes);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (jsonBytes(text.slice(0, middle)) <= bytes) low = middle;
    else high = middle - 1;
  }
  return text.slice(0, low).replace(/[\uD800-\uDBFF]$/, "");
}

function cutList(paths: readonly string[], bytes: number): string[] {
  const kept: string[] = [];
  let used = 0;
  for (const path of paths) {
    used += jsonBytes(path) + 1;
    if (used > bytes) break;
    kept.push(path);
  }
  return kept;
}
