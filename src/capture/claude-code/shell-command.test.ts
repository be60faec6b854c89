import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { commandsOf } from "./command-kinds.ts";
import { simpleCommands } from "./shell-command.ts";

const wordsOf = (line: string): string[] => simpleCommands(line).map(({ words }) => words.join(" "));

const decides = (line: string): boolean[] => simpleCommands(line).map((command) => command.decides);

describe("simple commands", () => {
  it("are told apart at operators, and from what is only mentioned", () => {
    expect(wordsOf("git add . && git commit -m 'run npm test; now'")).toEqual([
      "git add .",
      "git commit -m run npm test; now",
    ]);
    expect(wordsOf('echo "a && b" | cat # npm test')).toEqual(["echo a && b", "cat"]);
    expect(wordsOf("cat <<EOF\nnpm test\nEOF\nls")).toEqual(["cat", "ls"]);
    expect(wordsOf("(cd api; FOO=1 npm test) || true")).toEqual(["cd api", "npm test", "true"]);
  });

  it("of a commit with a here-document in its message are one", () => {
    const line =
      'git add -A && git commit -m "$(cat <<\'EOF\'\nfeat: x (it\'s "fine")\n\nnpm test && eslint\nEOF\n)" 2>&1';
    expect(simpleCommands(line).map(({ words }) => words.slice(0, 2).join(" "))).toEqual([
      "git add",
      "git commit",
    ]);
  });

  it("leave redirections and prefixes out", () => {
    expect(wordsOf("sudo timeout 60 npm test > out.txt 2>&1 <in")).toEqual(["npm test"]);
    expect(wordsOf("npm test &>log")).toEqual(["npm test"]);
  });

  it("decide on the exit code unless something hides it", () => {
    expect(decides("a && b")).toEqual([true, true]);
    expect(decides("a | tail")).toEqual([false, true]);
    expect(decides("set -o pipefail; a | tail")).toEqual([false, true, true]);
    expect(decides("a; b")).toEqual([false, true]);
    expect(decides("a || true")).toEqual([false, true]);
  });

  it("are found in any text at all", () => {
    const shell = fc.stringMatching(/^[a-c'"\\$()&|;<>#\n E]{0,60}$/);
    fc.assert(fc.property(fc.oneof(shell, fc.string()), (line) => Array.isArray(simpleCommands(line))));
  });
});

const kinds = (line: string): string[] => commandsOf(line).map(({ kind }) => kind);

const namesOf = (line: string): string[] => commandsOf(line).map(({ name }) => name);

describe("kinds of commands", () => {
  it("know the test runners, through whatever runs them", () => {
    const lines =
      "npm test|npm run test:unit -- x|pnpm t|npx vitest run|yarn jest a|node --test|uv run pytest -q|python -m pytest|" +
      "python3 -m unittest|go test ./...|cargo nextest run|mix test a.exs|./mvnw -q verify|./gradlew :app:testDebug|" +
      "dotnet test|bundle exec rspec|vendor/bin/phpunit|make test|ctest|MIX_ENV=test mix test|deno test";
    for (const line of lines.split("|")) expect([line, ...kinds(line)]).toEqual([line, "test"]);
  });

  it("do not take for tests what only sounds so", () => {
    for (const line of [
      "git log --grep 'npm test'",
      "echo npm test",
      "cat test",
      "ls tests",
      "npm install jest",
    ])
      expect([line, ...kinds(line)]).toEqual([line, "other"]);
  });

  it("know checks, commits, pull requests and moves", () => {
    expect(kinds("eslint . && npx tsc --noEmit && mix credo --strict && cargo fmt -- --check")).toEqual([
      "check",
      "check",
      "check",
      "check",
    ]);
    expect(kinds("git -C api commit --amend && gh pr create --title x")).toEqual(["commit", "pull-request"]);
    expect(commandsOf("bd update PROJ-1 --status in_progress")).toMatchObject([
      { kind: "move", keys: ["PROJ-1"], to: "in_progress" },
    ]);
    expect(commandsOf("jira issue move PROJ-1 Done")).toMatchObject([{ keys: ["PROJ-1"], to: "Done" }]);
  });

  it("name what a second try has in common with the first", () => {
    expect(namesOf("git push; git push --set-upstream origin x; npm run build; gh pr create")).toEqual([
      "git push",
      "git push",
      "npm run build",
      "gh pr create",
    ]);
  });
});
