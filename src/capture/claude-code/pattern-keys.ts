import { DEFAULT_ISSUE_KEY_PATTERN } from "../../event/envelope.ts";
import { extractIssueKeys, type KeyRules, type KeySources } from "../issue-keys.ts";

/** What counts as an issue key in a session. */
export interface SessionKeyRules extends KeyRules {
  /** `issue_key.pattern`. Keys of another form than `PROJ-123` are looked for word by word. */
  readonly pattern?: string;
}

const WORD = /[A-Za-z0-9][A-Za-z0-9_#-]{0,63}/g;
/** Texts of people and tools may be of any length. */
const MAX_CHARACTERS = 20_000;

/**
 * The issue keys that the sources name, the most authoritative first, for any pattern of keys.
 *
 * @example
 * sessionKeys({ branch: "fix/spotter-4te-login" }, { pattern: "spotter-[a-z0-9]+", accepts }); // ["spotter-4te"]
 */
export function sessionKeys(sources: KeySources, rules: SessionKeyRules): string[] {
  const { pattern = DEFAULT_ISSUE_KEY_PATTERN, accepts = () => true } = rules;
  const keys = new Set(extractIssueKeys(sources, rules));
  if (pattern === DEFAULT_ISSUE_KEY_PATTERN) return [...keys];
  const { explicit, branch, prTitle, subject, trailers = [], body } = sources;
  const texts = [explicit ?? [], branch ?? [], prTitle ?? [], subject ?? [], trailers, body ?? []].flat();
  const found = texts.flatMap((text) => wordKeys(text, accepts));
  return [...new Set([...found, ...keys])];
}

function wordKeys(text: string, accepts: (key: string) => boolean): string[] {
  const words = text.slice(0, MAX_CHARACTERS).match(WORD) ?? [];
  return words.map((word) => longestKey(word, accepts)).filter((key) => key !== undefined);
}

/** `spotter-4te-login` begins with the key `spotter-4te`. */
function longestKey(word: string, accepts: (key: string) => boolean): string | undefined {
  for (let end = word.length; end > 0; end = word.lastIndexOf("-", end - 1)) {
    const key = word.slice(0, end);
    if (key.includes("-") && accepts(key)) return key;
  }
  return undefined;
}
