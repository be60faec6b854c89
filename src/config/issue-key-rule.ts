import type { ConfigProblem } from "./check.ts";
import type { Config } from "./config.ts";

/**
 * Why the rule for issue keys cannot be used. Apart from the other checks, because it loads the engine for
 * regular expressions, which only files with a rule of their own should pay for.
 */
export async function issueKeyProblem({ issue_key: rule }: Config): Promise<readonly ConfigProblem[]> {
  const { RE2JS } = await import("re2js");
  let matches: (key: string) => boolean;
  try {
    const pattern = RE2JS.compile(RE2JS.translateRegExp(rule.pattern));
    matches = (key) => pattern.matches(key);
  } catch (cause) {
    return [problem("pattern", `is not a regular expression of RE2 syntax: ${messageOf(cause)}`)];
  }
  if (rule.default === null || matches(rule.default)) return [];
  return [problem("default", `is ${JSON.stringify(rule.default)}, which does not fit issue_key.pattern`)];
}

function problem(name: string, message: string): ConfigProblem {
  return { path: `issue_key.${name}`, place: ["issue_key", name], message, suggestions: [] };
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
