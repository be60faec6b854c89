/** Where issue keys may be named, in the order of their authority. */
export interface KeySources {
  /** Taken as it stands: a tool's own field, such as Jira's `issue.key`. */
  readonly explicit?: string | readonly string[];
  readonly branch?: string | readonly string[];
  readonly prTitle?: string;
  readonly subject?: string;
  /** Values of trailers such as `Jira:` and `Refs:`. */
  readonly trailers?: readonly string[];
  readonly body?: string;
}

/** What counts as an issue key. */
export interface KeyRules {
  /** Project keys, such as `PROJ`. When given, nothing else is a key; an empty list is none. */
  readonly projects?: readonly string[];
  /** Further words that look like projects; only looked at without `projects`. */
  readonly deny?: readonly string[];
  /** Has the last word on every key but explicit ones: the store's own key pattern, for example. */
  readonly accepts?: (key: string) => boolean;
}

/** Standards, codes and licences that read like issue keys: `UTF-8`, `SHA-256`, `CVE-2026`. */
export const DENIED_PROJECTS: readonly string[] = (
  "AES AGPL BSD COVID CVE CWE ECMA ES FIPS GMT GPL GPT HTTP IEEE ISO LGPL MD MPEG NIST PEP PKCS RFC RSA SHA " +
  "TLS UCS UTC UTF WCAG X"
).split(" ");

// The bounded repeats and the look-behind keep the search linear: a key is only tried at a word's start.
const ANY_PROJECT = /(?<![A-Za-z0-9_-])([A-Z][A-Z0-9_]{1,9})-[1-9]\d{0,6}(?![A-Za-z0-9_])(?!-\d)/g;
const ANY_PROJECT_ON_BRANCH = /(?<![A-Za-z0-9_-])([A-Z][A-Z0-9_]{1,9})-[1-9]\d{0,6}(?![A-Za-z0-9_])/g;
const KNOWN_PROJECT = /(?<![A-Za-z0-9_-])([A-Z][A-Z0-9_]{1,31})-[1-9]\d{0,9}(?![A-Za-z0-9_])/g;
const KNOWN_PROJECT_ON_BRANCH = /(?<![a-z0-9_])([a-z][a-z0-9_]{1,31})-[1-9]\d{0,9}(?![a-z0-9_])/gi;

/**
 * The issue keys that the sources name, without repeats, the most authoritative first: the first is the
 * issue, further ones are related. Time is linear in the length of the texts.
 *
 * Without `projects` only upper-case keys of up to ten letters count and well-known look-alikes are denied;
 * branches are matched in any case, but only for known projects.
 *
 * @example
 * extractIssueKeys({ branch: "feature/proj-12-login", subject: "PROJ-13: x" }, { projects: ["PROJ"] });
 * // ["PROJ-12", "PROJ-13"]
 */
export function extractIssueKeys(sources: KeySources, rules: KeyRules = {}): string[] {
  const keys = new Set<string>();
  for (const key of listed(sources.explicit)) if (key.trim() !== "") keys.add(key.trim());
  const find = rules.projects?.length ? knownProjects(rules.projects) : anyProject(rules.deny ?? []);
  const add = (text: string | undefined, onBranch: boolean): void => {
    for (const key of text?.includes("-") ? find(text, onBranch) : []) {
      if (rules.accepts?.(key) ?? true) keys.add(key);
    }
  };
  for (const branch of listed(sources.branch)) add(branch, true);
  for (const text of [sources.prTitle, sources.subject, ...(sources.trailers ?? []), sources.body]) {
    add(text, false);
  }
  return [...keys];
}

type Finder = (text: string, onBranch: boolean) => Iterable<string>;

function knownProjects(projects: readonly string[]): Finder {
  const known = new Set(projects.map((project) => project.trim().toUpperCase()));
  return function* find(text, onBranch) {
    for (const [found] of text.matchAll(onBranch ? KNOWN_PROJECT_ON_BRANCH : KNOWN_PROJECT)) {
      const key = found.toUpperCase();
      if (known.has(key.slice(0, key.lastIndexOf("-")))) yield key;
    }
  };
}

function anyProject(deny: readonly string[]): Finder {
  const denied = new Set([...DENIED_PROJECTS, ...deny.map((project) => project.trim().toUpperCase())]);
  return function* find(text, onBranch) {
    for (const [key, project = ""] of text.matchAll(onBranch ? ANY_PROJECT_ON_BRANCH : ANY_PROJECT)) {
      if (!denied.has(project)) yield key;
    }
  };
}

function listed(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === "string" ? [value] : value;
}
