import { posix } from "node:path";

import { filesMatching, type SourceFile } from "../source-files.ts";

/** A piece of code in a text, and where it stands. */
export interface Snippet {
  readonly path: string;
  /** Counts from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

const FENCE = /^( *)```(\w*)[^\n]*\n([\s\S]*?)^\1```$/gm;

/** The fenced code of a Markdown text. */
export function fencedCode({ path, text }: SourceFile): readonly Snippet[] {
  return [...text.matchAll(FENCE)].map((match) => ({
    path,
    line: text.slice(0, match.index).split("\n").length,
    language: match[2] ?? "",
    text: match[3] ?? "",
  }));
}

/** The examples in a source file's comments on what is exported under these names, members of classes included. */
export function examplesIn({ path, text }: SourceFile, names: readonly ExportedName[]): readonly Snippet[] {
  return [...text.matchAll(/\/\*\*[\s\S]*?\*\//g)].flatMap((comment) => {
    const [, example] = comment[0].split("@example");
    const behind = text.slice(comment.index + comment[0].length);
    const declared = /^\s*export (?:async )?(?:class|const|function\*?|interface|type) (\w+)/.exec(
      behind,
    )?.[1];
    const isMember = /^\n {2}\S/.test(behind);
    if (example === undefined || (!isMember && !names.some(({ name }) => name === declared))) return [];
    const line = text.slice(0, comment.index).split("\n").length;
    const body = example.replaceAll(/^ *\* ?/gm, "").replace(/\*?\/\s*$/, "");
    const fenced = fencedCode({ path, text: body });
    if (fenced.length === 0) return [{ path, line, language: "ts", text: body.split(/^@/m, 1)[0] ?? "" }];
    return fenced.map((snippet) => ({ ...snippet, line: line + snippet.line }));
  });
}

/** The modules that an entry point exports from, and the names that it exports. */
export function exportsOf(entry: SourceFile): Exports {
  const from = entry.path.includes("/testing/") ? `${PACKAGE}/testing` : PACKAGE;
  const modules: string[] = [];
  const names: Omit<ExportedName, "from">[] = [];
  for (const [, type, list, file = ""] of entry.text.matchAll(
    /export (type )?(?:\*|\{([^}]*)\}) from "([^"]+)"/g,
  )) {
    const path = posix.join(posix.dirname(entry.path), file);
    modules.push(path);
    if (list === undefined) names.push(...declaredIn(path));
    else names.push(...listed(list, type !== undefined));
  }
  return { modules, names: names.map((name) => ({ ...name, from })) };
}

const PACKAGE = "event-sourcing-orchestrator";

interface Exports {
  readonly modules: readonly string[];
  readonly names: readonly ExportedName[];
}

/** A name that snippets may use without importing it. */
export interface ExportedName {
  readonly name: string;
  readonly isType: boolean;
  /** The module that exports it, as users name it. */
  readonly from: string;
}

function listed(list: string, allTypes: boolean): readonly Omit<ExportedName, "from">[] {
  const entries = list.split(",").map((entry) => entry.trim());
  return entries
    .filter((entry) => entry !== "")
    .map((entry) => ({ name: entry.replace(/^type /, ""), isType: allTypes || entry.startsWith("type ") }));
}

function declaredIn(path: string): readonly Omit<ExportedName, "from">[] {
  const [file] = filesMatching(path);
  const declarations = (file?.text ?? "").matchAll(
    /^export (?:async )?(class|const|function|interface|type) (\w+)/gm,
  );
  return [...declarations].map(([, kind = "", name = ""]) => ({
    name,
    isType: kind === "interface" || kind === "type",
  }));
}

/**
 * A snippet as a module of its own: what it uses of the package without importing it is imported, and a `store`
 * that it does not open is taken to be open.
 */
export function asModule({ text }: Snippet, names: readonly ExportedName[]): string {
  const takesStore = /\bstore\b/.test(text) && !/\b(?:const|using|let) store\b/.test(text);
  const used = names.filter(
    ({ name }) => name !== "EventStore" && new RegExp(`\\b${name}\\b`).test(text) && !isImported(text, name),
  );
  const wanted = [...used, ...(takesStore ? [{ name: "EventStore", isType: true, from: PACKAGE }] : [])];
  return [
    ...wanted.map(({ name, isType, from }) => `import ${isType ? "type " : ""}{ ${name} } from "${from}";`),
    ...(takesStore ? ["declare const store: EventStore;"] : []),
    text,
    "export {};",
  ].join("\n");
}

function isImported(text: string, name: string): boolean {
  return [...text.matchAll(/import (?:type )?\{([^}]*)\} from/g)].some(([, list = ""]) =>
    new RegExp(`\\b${name}\\b`).test(list),
  );
}
