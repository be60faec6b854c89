import type { ArgumentSpec, CommandSpec, OptionSpec } from "./command.ts";
import type { Paint } from "./colour.ts";
import { COMMAND_GROUPS } from "./commands.ts";
import { GLOBAL_OPTIONS } from "./options.ts";
import { padded, safe, type Text } from "./text.ts";

const LINE_COLUMNS = 80;

/** `eso query [options]`, `eso show <issue> [options]`. */
export function usageOf({ name, arguments: args = [], options = [] }: CommandSpec): string {
  return ["eso", name, ...args.map(argumentUsage), ...(options.length > 0 ? ["[options]"] : [])].join(" ");
}

function argumentUsage({ name, optional, repeats }: ArgumentSpec): string {
  const written = repeats === true ? `${name}…` : name;
  return optional === true ? `[${written}]` : `<${written}>`;
}

/** `-n, --last N`. */
export function optionUsage({ name, short, value }: OptionSpec): string {
  return `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`;
}

/** The help of a command: examples first, since most people look for one to copy. */
export function helpOf(spec: CommandSpec, paint: Paint): readonly Text[] {
  const { summary, details, examples, options = [] } = spec;
  return [
    safe`${paint("heading", usageOf(spec))}`,
    "",
    ...wrapped(`${summary}.`),
    ...section(
      "Examples",
      examples.flatMap(({ command, says }) => [safe`  ${command}`, safe`      ${paint("quiet", says)}`]),
      paint,
    ),
    ...(details?.split("\n\n") ?? []).flatMap((paragraph) => ["", ...wrapped(paragraph)]),
    ...section("Options", optionLines(options), paint),
    ...section("Everywhere", optionLines(GLOBAL_OPTIONS), paint),
  ];
}

function section(title: string, lines: readonly Text[], paint: Paint): readonly Text[] {
  return lines.length === 0 ? [] : ["", paint("heading", title), ...lines];
}

function optionLines(options: readonly OptionSpec[]): readonly Text[] {
  const usages = options.map((option) => `${option.short === undefined ? "    " : ""}${optionUsage(option)}`);
  const width = Math.max(...usages.map((usage) => usage.length));
  return options.flatMap(({ summary }, at) => {
    const [first = "", ...more] = wrapped(summary, LINE_COLUMNS - width - 4);
    return [`  ${padded(usages[at]!, width)}  ${first}`, ...more.map((line) => " ".repeat(width + 4) + line)];
  });
}

/** The list of all commands. */
export function overview(paint: Paint): readonly Text[] {
  const shown = COMMAND_GROUPS.map(({ title, commands }) => ({ title, commands: commands.filter(isShown) }));
  const width = Math.max(...shown.flatMap(({ commands }) => commands.map(({ name }) => name.length)));
  return [
    safe`${paint("heading", "eso")}: the append-only record of what AI agents did on your issues`,
    ...shown.flatMap(({ title, commands }) =>
      section(
        title,
        commands.map(({ name, summary }) => `  ${padded(name, width)}  ${summary}`),
        paint,
      ),
    ),
    "",
    safe`${paint("quiet", "eso <command> --help shows examples. Topics: eso help exit-codes, moments, environment.")}`,
  ];
}

/** The commands of a family, such as `index`. */
export function familyHelp(family: string, members: readonly CommandSpec[], paint: Paint): readonly Text[] {
  const width = Math.max(...members.map(({ name }) => name.length));
  return [
    safe`${paint("heading", `eso ${family} <command>`)}`,
    "",
    ...members.map(({ name, summary }) => `  eso ${padded(name, width)}  ${summary}`),
    "",
    safe`${paint("quiet", `eso ${members[0]!.name} --help shows examples.`)}`,
  ];
}

function isShown({ hidden }: CommandSpec): boolean {
  return hidden !== true;
}

/** Text in lines of at most so many characters, broken at spaces; an empty line between paragraphs. */
export function wrapped(text: string, columns = LINE_COLUMNS): readonly string[] {
  return text
    .split("\n\n")
    .flatMap((paragraph, at) => [...(at === 0 ? [] : [""]), ...wrappedLines(paragraph, columns)]);
}

function wrappedLines(text: string, columns: number): readonly string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1)!;
    if (last === "") lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
