import { suggest } from "../event/suggest.ts";
import type { CommandSpec } from "./command.ts";
import { COMMANDS, commandNamed } from "./commands.ts";
import { GLOBAL_OPTIONS } from "./options.ts";
import { didYouMean, UsageError } from "./usage-error.ts";

/** The command that a command line means, and the words that are left for it. */
export interface FoundCommand {
  readonly spec: CommandSpec;
  readonly words: readonly string[];
}

/**
 * Finds the command: the first word that is no option, or the first two.
 * @throws UsageError for a word that is no command.
 */
export function findCommand(words: readonly string[]): FoundCommand {
  const at = firstWord(words);
  const [first, second] = at === undefined ? [] : words.slice(at);
  if (at === undefined || first === undefined) return withoutCommand(words);
  const double = second === undefined ? undefined : commandNamed(`${first} ${second}`);
  if (double !== undefined) return { spec: double, words: words.toSpliced(at, 2) };
  const single = commandNamed(first);
  if (single !== undefined) return { spec: single, words: words.toSpliced(at, 1) };
  const members = COMMANDS.filter(({ name }) => name.startsWith(`${first} `));
  if (members.length > 0) return inFamily(members, { family: first, second, words });
  throw unknownCommand(first);
}

/** Index of the first word that is neither a global option nor the value of one. */
function firstWord(words: readonly string[]): number | undefined {
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (!word.startsWith("-")) return at;
    if (GLOBAL_OPTIONS.some(({ name, value }) => value !== undefined && word === `--${name}`)) at++;
  }
  return undefined;
}

function withoutCommand(words: readonly string[]): FoundCommand {
  const version = words.some((word) => word === "--version" || word === "-V");
  const spec = commandNamed(version ? "version" : "help")!;
  if (version) return { spec, words: [] };
  const unknown = words.find((word) => word !== "--help" && word !== "-h");
  if (unknown === undefined) return { spec, words: [] };
  throw new UsageError(`no command given, only ${unknown}`, "eso help lists the commands.");
}

function inFamily(
  members: readonly CommandSpec[],
  given: { readonly family: string; readonly second: string | undefined; readonly words: readonly string[] },
): FoundCommand {
  const { family, second, words } = given;
  if (words.some((word) => word === "--help" || word === "-h"))
    return { spec: commandNamed("help")!, words: [family] };
  const rest = members.map(({ name }) => name.slice(family.length + 1));
  const all = `It is one of: ${rest.join(", ")}.`;
  if (second === undefined || second.startsWith("-"))
    throw new UsageError(`eso ${family} needs one word more`, all);
  const near = suggest(second, rest).map((name) => `eso ${family} ${name}`);
  throw new UsageError(`eso ${family} has no command "${second}"`, didYouMean(near) ?? all);
}

function unknownCommand(word: string): UsageError {
  const names = COMMANDS.filter(({ hidden }) => hidden !== true).flatMap(({ name }) => [
    name,
    name.split(" ", 1)[0]!,
  ]);
  const near = suggest(word, new Set(names)).map((name) => `eso ${name}`);
  return new UsageError(`"${word}" is not a command`, didYouMean(near) ?? "eso help lists the commands.");
}
