/** One command of a shell line: `FOO=1 npm test -- a` has the words `npm`, `test`, `--`, `a`. */
export interface SimpleCommand {
  /** Without assignments and redirections; quotes removed. */
  readonly words: readonly string[];
  /** Its failure is the failure of the whole line. */
  readonly decides: boolean;
}

type Token = { readonly word: string } | { readonly operator: string };

const OPERATORS = ["&&", "||", ";;", "|&", ";", "|", "&", "(", ")", "\n"] as const;
const REDIRECTION = /^(?:\d*|&)(?:>>?|<)[&|]?(.*)$/s;
const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*\+?=/;
/** Words that run the command behind them. */
const PREFIXES = new Set([
  "sudo",
  "time",
  "command",
  "exec",
  "nohup",
  "env",
  "then",
  "do",
  "else",
  "if",
  "while",
  "!",
  "{",
]);
/** Nobody writes longer lines by hand; what is behind is not looked at. */
const MAX_CHARACTERS = 65_536;

/**
 * The commands of a shell line, quotes and here-documents understood as far as is needed to tell what is run
 * from what is only mentioned. Time is linear in the length of the line.
 *
 * @example
 * simpleCommands("git commit -m 'npm test' && npm test | tail -5");
 * // git commit (decides), npm test (does not: tail's exit code counts), tail -5
 */
export function simpleCommands(line: string): SimpleCommand[] {
  const commands: { words: string[]; decides: boolean }[] = [];
  const pipefail = /\bset\s+-[a-z]*o\s+pipefail\b/.test(line);
  let words: string[] = [];
  let isTarget = false;
  // Whether the exit code of what stands before is lost as soon as another command follows.
  let isMasked = false;
  const end = (operator: string): void => {
    const run = withoutPrefixes(words);
    if (run.length > 0) commands.push({ words: run, decides: true });
    [words, isTarget] = [[], false];
    const passesOn = operator === "&&" || operator === "(" || operator === ")";
    if (!passesOn && !(pipefail && /^\|&?$/.test(operator))) isMasked = true;
  };
  for (const token of tokens(line.slice(0, MAX_CHARACTERS))) {
    if ("operator" in token) {
      end(token.operator);
      continue;
    }
    if (isMasked) for (const command of commands) command.decides = false;
    isMasked = false;
    const target: string | undefined = isTarget ? undefined : REDIRECTION.exec(token.word)?.[1];
    if (!isTarget && target === undefined) words.push(token.word);
    isTarget = target === "";
  }
  end("&&");
  return commands;
}

function withoutPrefixes(words: readonly string[]): string[] {
  let at = 0;
  while (at < words.length) {
    const word = words[at] ?? "";
    if (word === "timeout") at += /^\d/.test(words[at + 1] ?? "") ? 2 : 1;
    else if (PREFIXES.has(word) || ASSIGNMENT.test(word)) at += 1;
    else break;
  }
  return words.slice(at);
}

function* tokens(line: string): Generator<Token> {
  let word = "";
  let isWord = false;
  const heredocs: string[] = [];
  for (let at = 0; at < line.length;) {
    const char = line[at] ?? "";
    const heredoc =
      char === "<" ? /^<<-?\s*(['"]?)([A-Za-z_][A-Za-z0-9_]*)\1/.exec(line.slice(at, at + 80)) : null;
    const operator = heredoc === null ? OPERATORS.find((one) => line.startsWith(one, at)) : undefined;
    const isRedirected = operator === "&" && (word.endsWith(">") || line[at + 1] === ">");
    if (heredoc !== null) {
      heredocs.push(heredoc[2] ?? "");
      at += heredoc[0].length;
    } else if (char === "\\") {
      if (line[at + 1] !== "\n") word += line[at + 1] ?? "";
      isWord ||= line[at + 1] !== "\n";
      at += 2;
    } else if (char === "'" || char === '"') {
      const closed = closing(line, at);
      word += line.slice(at + 1, closed);
      isWord = true;
      at = closed + 1;
    } else if (line.startsWith("$(", at)) {
      const closed = closingParenthesis(line, at + 2);
      word += line.slice(at, closed + 1);
      isWord = true;
      at = closed + 1;
    } else if (char === " " || char === "\t" || (operator !== undefined && !isRedirected)) {
      if (isWord) yield { word };
      [word, isWord] = ["", false];
      if (operator !== undefined) yield { operator };
      at += operator?.length ?? 1;
      if (operator === "\n") at = afterHeredocs(line, at, heredocs);
    } else if (char === "#" && !isWord) {
      while (at < line.length && line[at] !== "\n") at += 1;
    } else {
      word += char;
      isWord = true;
      at += 1;
    }
  }
  if (isWord) yield { word };
}

/** Where the quote that opens here closes; inside double quotes, `$(…)` may hold quotes and here-documents. */
function closing(line: string, open: number): number {
  const quote = line[open];
  for (let at = open + 1; at < line.length; at += 1) {
    if (line[at] === quote) return at;
    if (quote !== '"') continue;
    if (line[at] === "\\") at += 1;
    else if (line.startsWith("$(", at)) at = closingParenthesis(line, at + 2);
  }
  return line.length;
}

function closingParenthesis(line: string, from: number): number {
  const heredoc = /^[^\n)]*<<-?\s*(['"]?)([A-Za-z_][A-Za-z0-9_]*)\1[^\n]*\n/.exec(
    line.slice(from, from + 400),
  );
  let at = heredoc === null ? from : afterHeredocs(line, from + heredoc[0].length, [heredoc[2] ?? ""]);
  for (let depth = 1; at < line.length; at += 1) {
    const char = line[at];
    if (char === "'" || char === '"') at = closing(line, at);
    else if (char === "(") depth += 1;
    else if (char === ")" && --depth === 0) return at;
  }
  return line.length;
}

function afterHeredocs(line: string, from: number, names: string[]): number {
  let at = from;
  for (const name of names.splice(0)) {
    for (;;) {
      const end = line.indexOf("\n", at);
      const text = line.slice(at, end === -1 ? undefined : end);
      at = end === -1 ? line.length : end + 1;
      if (text.trim() === name || end === -1) break;
    }
  }
  return at;
}
