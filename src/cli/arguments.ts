import assert from "node:assert/strict";
import { parseArgs } from "node:util";

import { suggest } from "../event/suggest.ts";
import type { CommandSpec, OptionSpec } from "./command.ts";
import { GLOBAL_OPTIONS } from "./options.ts";
import { didYouMean, UsageError } from "./usage-error.ts";

type Values = ReadonlyMap<string, readonly string[]>;

/** What stood on the command line. Asking for what the spec does not name is a mistake in the code. */
export class Arguments {
  readonly #spec: CommandSpec;
  readonly #values: Values;
  /** The arguments without names. */
  readonly positionals: readonly string[];

  constructor(spec: CommandSpec, values: Values, positionals: readonly string[]) {
    this.#spec = spec;
    this.#values = values;
    this.positionals = positionals;
  }

  /** The command's name. */
  get command(): string {
    return this.#spec.name;
  }

  /** The argument with this name in the spec. */
  argument(name: string): string | undefined {
    const index = (this.#spec.arguments ?? []).findIndex((one) => one.name === name);
    assert.ok(index >= 0, `${this.#spec.name} has no argument ${name}`);
    return this.positionals[index];
  }

  /** An argument that the spec requires. */
  required(name: string): string {
    const value = this.argument(name);
    assert.ok(value !== undefined, `${name} is not required by the spec`);
    return value;
  }

  /** Whether a switch was given. */
  flag(name: string): boolean {
    return this.#valuesOf(name) !== undefined;
  }

  /** An option's value; the last one when it was given several times. */
  text(name: string): string | undefined {
    const value = this.#valuesOf(name)?.at(-1);
    if (value === "") throw new UsageError(`--${name} is empty`, "Leave it out, or give it a value.");
    return value;
  }

  /** All values of an option that may be given several times. */
  texts(name: string): readonly string[] {
    return this.#valuesOf(name) ?? [];
  }

  /** Values separated by commas, `--type A,B`, also over several options. Empty when not given. */
  list(name: string): readonly string[] {
    const given = this.#valuesOf(name);
    const values = given?.flatMap((value) => value.split(",")).map((value) => value.trim());
    if (values?.includes("") === true) {
      throw new UsageError(`--${name} has an empty value in its list`, `Write --${name} A,B.`);
    }
    return values ?? [];
  }

  /** A whole number from `min` on. */
  count(name: string, min = 1): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= min) return value;
    throw new UsageError(`--${name} must be a whole number from ${min} on, not "${text}"`);
  }

  /** One of a few words. */
  choice<const T extends string>(name: string, choices: readonly T[]): T | undefined {
    const text = this.text(name);
    const found = choices.find((choice) => choice === text);
    if (text === undefined || found !== undefined) return found;
    throw new UsageError(
      `--${name} cannot be "${text}"`,
      didYouMean(suggest(text, choices)) ?? `It is one of: ${choices.join(", ")}.`,
    );
  }

  /** The options as they were given but for one, to build a command from. */
  without(name: string): readonly string[] {
    return [...this.#values]
      .filter(([option]) => option !== name)
      .flatMap(([option, values]) =>
        values.flatMap((value) => (value === "" ? [`--${option}`] : [`--${option}`, value])),
      );
  }

  #valuesOf(name: string): readonly string[] | undefined {
    assert.ok(
      optionsOf(this.#spec).some((option) => option.name === name),
      `${this.#spec.name} has no option --${name}`,
    );
    return this.#values.get(name);
  }
}

/** The options that a command takes, those of every command included. */
export function optionsOf(spec: CommandSpec): readonly OptionSpec[] {
  return [...(spec.options ?? []), ...GLOBAL_OPTIONS];
}

/**
 * Reads a command's part of the command line. `-2h` and other words that begin with a dash and a digit are
 * arguments, not options.
 * @throws UsageError for what the command does not take.
 */
export function readArguments(spec: CommandSpec, words: readonly string[]): Arguments {
  const options = optionsOf(spec);
  const { tokens } = parseArgs({
    args: [...words],
    options: Object.fromEntries(options.map(parserOption)),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = new Map<string, string[]>();
  const positionals = new Map<number, string>();
  for (const token of tokens) {
    const word = words[token.index] ?? "";
    if (token.kind === "positional") positionals.set(token.index, token.value);
    else if (token.kind === "option" && /^-\d/.test(word)) positionals.set(token.index, word);
    else if (token.kind === "option") {
      const option = options.find(({ name }) => name === token.name);
      if (option === undefined) throw unknownOption(spec, token.rawName);
      values.set(option.name, [...(values.get(option.name) ?? []), valueOf(option, token)]);
    }
  }
  const found = new Arguments(spec, values, [...positionals.values()]);
  if (!found.flag("help")) checkPositionals(spec, found.positionals);
  return found;
}

function parserOption({
  name,
  short,
  value,
}: OptionSpec): [string, { type: "string" | "boolean"; short?: string }] {
  return [
    name,
    { type: value === undefined ? "boolean" : "string", ...(short === undefined ? {} : { short }) },
  ];
}

function valueOf(
  option: OptionSpec,
  token: {
    readonly rawName: string;
    readonly value?: string | undefined;
    readonly inlineValue?: boolean | undefined;
  },
): string {
  if (option.value === undefined) {
    if (token.value === undefined) return "";
    throw new UsageError(`${token.rawName} takes no value`);
  }
  const missing = token.value === undefined || (token.inlineValue !== true && token.value.startsWith("--"));
  if (!missing) return token.value ?? "";
  throw new UsageError(`${token.rawName} needs a value`, `Write ${token.rawName} ${option.value}.`);
}

function unknownOption(spec: CommandSpec, written: string): UsageError {
  const near = suggest(
    written,
    optionsOf(spec).map(({ name }) => name),
  ).map((name) => `--${name}`);
  return new UsageError(
    `eso ${spec.name} has no option ${written}`,
    didYouMean(near) ?? `eso ${spec.name} --help lists its options.`,
  );
}

function checkPositionals(spec: CommandSpec, given: readonly string[]): void {
  const specs = spec.arguments ?? [];
  const missing = specs.find((one, index) => one.optional !== true && given[index] === undefined);
  if (missing !== undefined) {
    throw new UsageError(
      `eso ${spec.name} needs <${missing.name}>`,
      `eso ${spec.name} --help shows examples.`,
    );
  }
  const extra = specs.at(-1)?.repeats === true ? undefined : given[specs.length];
  if (extra === undefined) return;
  throw new UsageError(
    `eso ${spec.name} does not take "${extra}"`,
    specs.length === 0 ? "It takes options only." : `eso ${spec.name} --help shows its arguments.`,
  );
}
