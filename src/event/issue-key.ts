import { ConfigError } from "../errors.ts";
import { DEFAULT_ISSUE_KEY_PATTERN, GLOBAL_STREAM } from "./envelope.ts";
import { loadPatternCompiler } from "./re2.ts";

/** Longest key that any rule can allow. */
export const ISSUE_KEY_LENGTH_MAX = 64;

/** A key is a folder's name, so whatever the configured pattern says, it holds no more than this. */
const SAFE_SEGMENT = /^[A-Za-z0-9](?:[A-Za-z0-9_#-]|\.(?=[A-Za-z0-9_#-])){0,63}$/;
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?$/i;
/** Names that the store's own layout uses where issue folders stand. */
const RESERVED = new Set([GLOBAL_STREAM, "index.json"]);

/** Says what is wrong with an issue key, or undefined when nothing is. */
export type IssueKeyRule = (key: string) => string | undefined;

/**
 * The rule for issue keys.
 *
 * @param pattern an RE2 expression that the whole key must match; default `PROJ-123`.
 * @throws ConfigError when the pattern cannot be compiled.
 */
export async function issueKeyRule(pattern: string = DEFAULT_ISSUE_KEY_PATTERN): Promise<IssueKeyRule> {
  const matches = pattern === DEFAULT_ISSUE_KEY_PATTERN ? builtInMatch() : await configuredMatch(pattern);
  return (key) => {
    if (!SAFE_SEGMENT.test(key)) return "cannot be an issue key: it would not be safe as a folder's name";
    if (WINDOWS_DEVICE.test(key) || RESERVED.has(key.toLowerCase())) return "is a reserved name";
    return matches(key) ? undefined : `does not match the pattern for issue keys, ${pattern}`;
  };
}

function builtInMatch(): (key: string) => boolean {
  const expression = new RegExp(DEFAULT_ISSUE_KEY_PATTERN);
  return (key) => expression.test(key);
}

async function configuredMatch(pattern: string): Promise<(key: string) => boolean> {
  const compile = await loadPatternCompiler();
  try {
    return compile(pattern).matches;
  } catch (cause) {
    throw new ConfigError("ESO_INVALID_CONFIG", `issue_key.pattern ${pattern} is not a usable expression`, {
      hint: "Patterns use RE2 syntax: no backreferences and no lookaround.",
      details: { path: "issue_key.pattern" },
      cause,
    });
  }
}
