import { type SimpleCommand, simpleCommands } from "./shell-command.ts";

export type CommandKind =
  | { readonly kind: "test"; readonly runner: string; readonly suite: string }
  | { readonly kind: "check"; readonly check: string }
  | { readonly kind: "commit"; readonly amends: boolean }
  | {
      readonly kind: "pull-request";
      readonly action: "created" | "merged" | "closed";
      readonly words: readonly string[];
    }
  | { readonly kind: "move"; readonly keys: readonly string[]; readonly to: string }
  | { readonly kind: "other" };

/** A command of a shell line and what it is. */
export type KnownCommand = CommandKind &
  Pick<SimpleCommand, "decides"> & {
    /** Program and subcommand, such as `git push`: what a second try has in common with the first. */
    readonly name: string;
  };

/** What the runners' command lines look like, after `npx`, `uv run` and their like. */
const TESTS: readonly (readonly [RegExp, string])[] = [
  [/^(?:npm|pnpm|yarn|bun) (?:run )?(?:t|test|tests)(?::\S+)?(?: |$)/, "npm"],
  [/^vitest(?: |$)/, "vitest"],
  [/^(?:jest|react-scripts test)(?: |$)/, "jest"],
  [/^(?:mocha|ava|tap|cypress run|playwright test|wdio)(?: |$)/, "node"],
  [/^node (?:\S+ )*--test(?: |$)/, "node"],
  [/^(?:pytest|py\.test|python3? -m pytest|tox|nox)(?: |$)/, "pytest"],
  [/^python3? (?:-m unittest|manage\.py test)(?: |$)/, "unittest"],
  [/^go test(?: |$)/, "go"],
  [/^cargo (?:test|nextest run)(?: |$)/, "cargo"],
  [/^mix test(?: |$)/, "mix"],
  [/^(?:\.\/)?mvnw? (?:\S+ )*(?:test|verify)(?: |$)/, "maven"],
  [/^(?:\.\/)?gradlew? (?:\S+ )*\S*(?:test|check)\S*(?: |$)/i, "gradle"],
  [/^dotnet test(?: |$)/, "dotnet"],
  [/^(?:rspec|rake (?:test|spec)|(?:bin\/)?rails test)(?: |$)/, "ruby"],
  [/^(?:\S*\/)?(?:phpunit|pest)(?: |$)/, "phpunit"],
  [/^(?:deno|swift|dart|flutter|sbt|bazel|zig build) test(?: |$)/, "other"],
  [/^(?:make|just|task) (?:test|check)\S*(?: |$)/, "make"],
  [/^ctest(?: |$)/, "ctest"],
];

const CHECKS: readonly (readonly [RegExp, string])[] = [
  [/^(?:npm|pnpm|yarn|bun) (?:run )?lint(?::\S+)?(?: |$)/, "lint"],
  [
    /^(?:eslint|oxlint|biome (?:check|lint)|stylelint|ruff(?: check)?|flake8|pylint|golangci-lint|rubocop|phpstan|ktlint|shellcheck|swiftlint)(?: |$)/,
    "lint",
  ],
  [/^(?:cargo clippy|mix credo|go vet)(?: |$)/, "lint"],
  [/^(?:npm|pnpm|yarn|bun) (?:run )?(?:typecheck|type-check|tsc)(?: |$)/, "typecheck"],
  [/^(?:tsc|mypy|pyright|mix dialyzer|cargo check|flow check)(?: |$)/, "typecheck"],
  [/^(?:mix compile .*--warnings-as-errors)/, "build"],
  [/^(?:npm audit|pip-audit|cargo audit|snyk test|trivy|bandit|semgrep|gitleaks)(?: |$)/, "security"],
  [
    /^(?:mix format .*--check|prettier .*--check|prettier -c|cargo fmt .*--check|black .*--check|ruff format .*--check)/,
    "format",
  ],
];

const RUNNERS =
  /^(?:npx (?:--?\S+ )*|(?:pnpm|yarn|bun|npm) (?:exec|dlx|x) (?:-- )?|(?:pnpm|yarn) (?=vitest |vitest$|jest |jest$|mocha|eslint|oxlint|tsc|prettier|playwright)|bunx |uvx |(?:uv|poetry|pipenv|pdm|hatch|rye) run |bundle exec |(?:\.\/)?node_modules\/\.bin\/|(?:\.\/)?vendor\/bin\/)/;
const WITH_SUBCOMMAND = new Set(
  "git gh glab npm pnpm yarn bun npx mix cargo go docker kubectl terraform pip poetry uv make bundle rails dotnet deno bd jira acli".split(
    " ",
  ),
);

/**
 * What the commands of a shell line are, in order.
 *
 * @example
 * commandsOf("MIX_ENV=test mix test && git commit -m x").map(({ kind }) => kind); // ["test", "commit"]
 */
export function commandsOf(line: string): KnownCommand[] {
  return simpleCommands(line).map((command) => {
    const name = nameOf(command.words);
    return { ...kindOf(command.words), name, decides: command.decides };
  });
}

/** The program, and its subcommand where it is a family of commands. */
function nameOf(words: readonly string[]): string {
  const program = (words[0] ?? "").replace(/^.*\//, "").slice(0, 60);
  if (!WITH_SUBCOMMAND.has(program)) return program;
  const rest = words.slice(1);
  // `git -C dir push`: an option's value is not the subcommand.
  while (rest[0]?.startsWith("-")) rest.splice(0, /^-[cC]$/.test(rest[0]) ? 2 : 1);
  const more = program === "gh" || program === "glab" || /^run$/.test(rest[0] ?? "") ? 2 : 1;
  const subcommand = rest.slice(0, more).filter((word) => /^[a-z][a-z0-9:_-]{0,40}$/i.test(word));
  return [program, ...subcommand].join(" ");
}

function kindOf(words: readonly string[]): CommandKind {
  const line = words.join(" ").slice(0, 2_000).replace(RUNNERS, "");
  const test = TESTS.find(([rule]) => rule.test(line));
  if (test !== undefined) return { kind: "test", runner: test[1], suite: suiteOf(line) };
  const check = CHECKS.find(([rule]) => rule.test(line));
  if (check !== undefined) return { kind: "check", check: check[1] };
  const name = nameOf(words);
  if (/^git (?:commit|cherry-pick|revert|merge|am)$/.test(name))
    return { kind: "commit", amends: words.includes("--amend") };
  const pr = /^(?:gh pr|glab mr) (create|merge|close)$/.exec(name)?.[1];
  if (pr !== undefined) {
    const action = pr === "create" ? "created" : pr === "merge" ? "merged" : "closed";
    return { kind: "pull-request", action, words: words.slice(3) };
  }
  return moveOf(name, words) ?? { kind: "other" };
}

/** What a person would call the run: the command without its options. */
function suiteOf(line: string): string {
  const words = line.split(" ").filter((word) => word !== "" && !word.startsWith("-"));
  const text = words.join(" ");
  return text.length <= 120 ? text : `${text.slice(0, 119)}…`;
}

/** A tracker's own command line moves an issue: beads, Atlassian's acli, jira-cli. */
function moveOf(name: string, words: readonly string[]): CommandKind | undefined {
  const rest = words.slice(2);
  const plain = rest.filter((word) => !word.startsWith("-"));
  if (name === "bd close") return { kind: "move", keys: plain, to: "closed" };
  if (name === "bd update") {
    const to = optionOf(rest, "--status");
    return to === undefined ? undefined : { kind: "move", keys: plain.filter((word) => word !== to), to };
  }
  if (name === "jira issue" && words[2] === "move" && plain[2] !== undefined)
    return { kind: "move", keys: plain.slice(1, 2), to: plain[2] };
  if (name === "acli jira" && words.includes("transition")) {
    const [key, to] = [optionOf(words, "--key"), optionOf(words, "--status")];
    return key === undefined || to === undefined ? undefined : { kind: "move", keys: key.split(","), to };
  }
  return undefined;
}

/** The value of `--name value` or `--name=value`. */
export function optionOf(words: readonly string[], ...names: readonly string[]): string | undefined {
  for (const [at, word] of words.entries()) {
    const found = names.find((name) => word === name || word.startsWith(`${name}=`));
    if (found !== undefined) return word === found ? words[at + 1] : word.slice(found.length + 1);
  }
  return undefined;
}
