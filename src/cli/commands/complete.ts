import { EVENT_TYPE_NAMES } from "../../event/registry.ts";
import { optionsOf } from "../arguments.ts";
import type { Call, CommandSpec, Completes, OptionSpec } from "../command.ts";
import { COMMANDS, commandNamed } from "../commands.ts";
import { Context } from "../context.ts";
import { issueKeys } from "../find-issue.ts";
import { GLOBAL_OPTIONS } from "../options.ts";
import { joined } from "../text.ts";

const KEYS_MAX = 1_000;

interface Candidate {
  readonly value: string;
  readonly says: string;
}

type Answer = readonly Candidate[] | ":files" | ":folders";

/** `eso __complete -- <words>`: what the last word could be, for completion scripts. Never fails. */
export async function complete(call: Call): Promise<void> {
  // bash makes a word of its own of the = in --type=A.
  const words = call.given.positionals.filter((word) => word !== "=");
  try {
    const answer = await answerFor(words, call);
    if (typeof answer === "string") return await call.out.line(answer);
    await call.out.lines(answer.map(({ value, says }) => joined([value, says], "\t")));
  } catch {
    // Whatever is wrong, the user is in the middle of a word: a later command will say it.
  }
}

async function answerFor(words: readonly string[], call: Call): Promise<Answer> {
  const current = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const { spec, rest } = commandOf(before);
  if (spec === undefined)
    return current.startsWith("-") ? optionNames(GLOBAL_OPTIONS, current) : commandWords(before, current);
  const options = optionsOf(spec);
  const open = options.find(
    ({ name, short, value }) => value !== undefined && isWritten(rest.at(-1), name, short),
  );
  if (open !== undefined) return values(open.completes, current, { call, words });
  if (current.startsWith("-")) return optionNames(options, current);
  const args = spec.arguments ?? [];
  const given = positionalCount(rest, options);
  return values(
    (args[given] ?? (args.at(-1)?.repeats === true ? args.at(-1) : undefined))?.completes,
    current,
    { call, words },
  );
}

function commandOf(before: readonly string[]): { spec?: CommandSpec; rest: readonly string[] } {
  const at = before.findIndex(
    (word, index) => !word.startsWith("-") && !takesNext(before[index - 1], GLOBAL_OPTIONS),
  );
  if (at < 0) return { rest: before };
  const double = commandNamed(before.slice(at, at + 2).join(" "));
  if (double !== undefined && before.length > at + 1) return { spec: double, rest: before.toSpliced(at, 2) };
  const single = commandNamed(before[at] ?? "");
  return single === undefined ? { rest: before } : { spec: single, rest: before.toSpliced(at, 1) };
}

function commandWords(before: readonly string[], current: string): readonly Candidate[] {
  const family = before.filter((word) => !word.startsWith("-")).at(-1);
  const members = COMMANDS.filter(({ hidden }) => hidden !== true).flatMap(({ name, summary }) => {
    const [first = "", second] = name.split(" ");
    if (family === undefined) return [{ value: first, says: second === undefined ? summary : `${first} …` }];
    return first === family && second !== undefined ? [{ value: second, says: summary }] : [];
  });
  const unique = new Map(members.map((member) => [member.value, member]));
  return [...unique.values()].filter(({ value }) => value.startsWith(current));
}

function optionNames(options: readonly OptionSpec[], current: string): readonly Candidate[] {
  return options
    .map(({ name, summary }) => ({ value: `--${name}`, says: summary }))
    .filter(({ value }) => value.startsWith(current));
}

async function values(
  completes: Completes | undefined,
  current: string,
  from: { readonly call: Call; readonly words: readonly string[] },
): Promise<Answer> {
  if (completes === "file") return ":files";
  if (completes === "folder") return ":folders";
  const comma = current.lastIndexOf(",") + 1;
  const all = await knownValues(completes, from);
  return all
    .filter((value) => value.startsWith(current.slice(comma)))
    .map((value) => ({ value: current.slice(0, comma) + value, says: "" }));
}

async function knownValues(
  completes: Exclude<Completes, "file" | "folder"> | undefined,
  { call, words }: { readonly call: Call; readonly words: readonly string[] },
): Promise<readonly string[]> {
  if (completes === undefined) return [];
  if (completes === "type") return EVENT_TYPE_NAMES;
  if (completes === "issue") return issuesIn(call, words);
  if (completes === "command")
    return COMMANDS.filter(({ hidden }) => hidden !== true).map(({ name }) => name);
  return completes;
}

/** The issues of the store that the words so far name. */
async function issuesIn(call: Call, words: readonly string[]): Promise<readonly string[]> {
  const { given, err } = call;
  const { env, cwd } = call.context;
  const [store, config] = ["--store", "--config"].map((option) => valueAfter(words, option));
  const named = { ...(store && { ESO_STORE: store }), ...(config && { ESO_CONFIG: config }) };
  const context = new Context({ given, env: { ...env, ...named }, cwd, err });
  try {
    return await issueKeys(await context.reading(), KEYS_MAX);
  } finally {
    await context.close();
  }
}

function valueAfter(words: readonly string[], option: string): string | undefined {
  const at = words.indexOf(option);
  return at < 0 ? undefined : words[at + 1];
}

function isWritten(word: string | undefined, name: string, short: string | undefined): boolean {
  return word === `--${name}` || (short !== undefined && word === `-${short}`);
}

function takesNext(word: string | undefined, options: readonly OptionSpec[]): boolean {
  return options.some(({ name, short, value }) => value !== undefined && isWritten(word, name, short));
}

function positionalCount(words: readonly string[], options: readonly OptionSpec[]): number {
  return words.filter((word, at) => !word.startsWith("-") && !takesNext(words[at - 1], options)).length;
}
