import { UsageError } from "./usage-error.ts";

/** What a shell would act on, outside of quotes. */
const SHELL_ONLY = /[|&;<>()$`*?[\]{}~#\n]/;

/**
 * A command's words, read as a shell reads them: separated by spaces, quoted with `'…'` or `"…"`, escaped with `\`.
 * Nothing else is done: no variables, no wildcards, no pipes.
 * @throws UsageError for what only a shell could do, and for quotes that are not closed.
 */
export function splitCommand(text: string): readonly [string, ...string[]] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === " " || character === "\t") {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === "'" || character === '"') {
      const end = closing(text, at);
      word = (word ?? "") + unescaped(text.slice(at + 1, end), character);
      at = end;
    } else if (character === "\\" && at + 1 < text.length) {
      word = (word ?? "") + text.charAt(++at);
    } else if (SHELL_ONLY.test(character)) {
      throw forShell(text, character);
    } else word = (word ?? "") + character;
  }
  if (word !== undefined) words.push(word);
  const [program = "", ...rest] = words;
  if (program === "") throw new UsageError("the command is empty", "Name a program: --exec './apply.sh'.");
  return [program, ...rest];
}

/** Where the quote that opens at `at` closes. */
function closing(text: string, at: number): number {
  const quote = text.charAt(at);
  for (let end = at + 1; end < text.length; end++) {
    if (text.charAt(end) === "\\" && quote === '"') end++;
    else if (text.charAt(end) === quote) return end;
  }
  throw new UsageError(`the command has a ${quote} that is not closed: ${text}`);
}

function unescaped(text: string, quote: string): string {
  return quote === '"' ? text.replaceAll(/\\(["\\])/g, "$1") : text;
}

function forShell(text: string, character: string): UsageError {
  const named = character === "\n" ? "a line end" : character;
  return new UsageError(
    `the command has ${named} outside of quotes, which only a shell understands: ${text}`,
    "Commands are started without a shell. Quote it, or ask for a shell: --exec \"sh -c '…'\".",
  );
}
