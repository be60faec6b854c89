import type { Snippet } from "./snippets.ts";

const SHELLS = new Set(["sh", "bash", "shell"]);
/** What follows no prompt is output here. */
const SESSIONS = new Set(["console", ""]);

/** The words behind `eso` of every command in a shell snippet, as a shell would split them. */
export function commandsIn({ language, text }: Snippet): readonly (readonly string[])[] {
  if (!SHELLS.has(language) && !SESSIONS.has(language)) return [];
  const joined = text.replaceAll(/\\\n\s*/g, " ");
  const lines = joined.split("\n").map((line) => line.trim());
  const typed = SESSIONS.has(language)
    ? lines.filter((line) => line.startsWith("$ ")).map((line) => line.slice(2))
    : lines;
  return typed.flatMap(esoCommands);
}

/** The words behind `eso` of every command in one line of shell. */
export function esoCommands(line: string): readonly (readonly string[])[] {
  return pipeline(line).flatMap((words) => {
    const at = words.findIndex((word) => !/^\w+=/.test(word) && word !== "npx");
    return words[at] === "eso" ? [words.slice(at + 1)] : [];
  });
}

const TOKEN =
  /\s+|#.*$|\d?>>?&?\d?|<|\|\|?|&&?|;|(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|\$\([^)]*\)|[^\s'"\\|&;<>])+/g;

/** Each command of a line as its words; redirections are left out. */
function pipeline(line: string): readonly (readonly string[])[] {
  const commands: string[][] = [[]];
  let redirects = false;
  for (const [token] of line.matchAll(TOKEN)) {
    if (/^\s/.test(token)) continue;
    if (token.startsWith("#")) break;
    if (/^(?:\|\|?|&&?|;)$/.test(token)) commands.push([]);
    else if (/^(?:\d?>>?&?\d?|<)$/.test(token)) redirects = !token.endsWith("&1");
    else if (redirects) redirects = false;
    else commands.at(-1)?.push(unquoted(token));
  }
  return commands.filter((words) => words.length > 0);
}

/** Single quotes keep everything, double quotes all but escapes. */
function unquoted(token: string): string {
  return token.replaceAll(/'[^']*'|"(?:\\.|[^"\\])*"|\\./g, (part) =>
    part.startsWith("'") ? part.slice(1, -1) : part.replaceAll(/^"|"$/g, "").replaceAll(/\\(.)/g, "$1"),
  );
}

/** Commands that are named inside a text: `eso index rebuild`. */
export function commandsNamedIn(text: string): readonly string[] {
  const prose = text.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, "");
  return [...prose.matchAll(/`eso ([^`]+)`/g)].map(([, command = ""]) => command);
}
