import { ConfigError } from "../errors.ts";
import type { Document, Node, Pair } from "yaml";

/** More than a configuration needs, and too few for aliases of aliases to add up. */
const ALIASES_MAX = 20;

/** A YAML document as plain values, and where its keys stand. */
export interface ParsedYaml {
  readonly tree: unknown;
  /** The line of a key, counted from 1; `undefined` when the document does not hold it. */
  readonly lineOf: (place: readonly string[]) => number | undefined;
}

/**
 * Parses one YAML 1.2 document: no tags, no merge keys, few aliases, every key once.
 * @throws ConfigError naming `file` and the line.
 */
export async function parseYaml(text: string, file: string): Promise<ParsedYaml> {
  const yaml = await import("yaml");
  const lines = new yaml.LineCounter();
  const fail = (offset: number, reason: string): never => {
    throw new ConfigError("ESO_INVALID_CONFIG", `${file}:${lines.linePos(offset).line}: ${reason}.`, {
      hint: "The file is plain YAML 1.2: sections, keys, texts, numbers, true, false and lists.",
    });
  };
  // The parser compares each key with all others: 100,000 of them would take minutes.
  const document = yaml.parseDocument(text, {
    schema: "core",
    merge: false,
    uniqueKeys: false,
    stringKeys: true,
    prettyErrors: false,
    lineCounter: lines,
  });
  const [error] = document.errors;
  if (error !== undefined) fail(error.pos[0], firstLine(error.message));
  checkNodes(yaml, document, fail);
  const [warning] = document.warnings;
  if (warning !== undefined) fail(warning.pos[0], firstLine(warning.message));
  return {
    tree: document.toJS({ maxAliasCount: -1 }),
    lineOf: (place) => {
      const offset = offsetOf(yaml, document, place);
      return offset === undefined ? undefined : lines.linePos(offset).line;
    },
  };
}

type Yaml = typeof import("yaml");
type Fail = (offset: number, reason: string) => never;

function checkNodes(yaml: Yaml, document: Document, fail: Fail): void {
  let aliases = 0;
  yaml.visit(document, {
    Node(_key, node) {
      if (node.tag !== undefined) fail(startOf(node), `the tag ${node.tag} is not allowed`);
      if (yaml.isAlias(node)) {
        if (++aliases > ALIASES_MAX) fail(startOf(node), `there are more than ${ALIASES_MAX} aliases`);
        if (node.resolve(document) === undefined)
          fail(startOf(node), `the alias *${node.source} has no anchor`);
      }
      if (yaml.isMap(node)) checkNames(yaml, node.items, fail);
    },
  });
}

function checkNames(yaml: Yaml, pairs: readonly Pair[], fail: Fail): void {
  const seen = new Set<unknown>();
  for (const { key } of pairs) {
    if (!yaml.isScalar(key)) continue;
    if (seen.has(key.value)) fail(startOf(key), `the key ${String(key.value)} is given twice`);
    seen.add(key.value);
  }
}

function offsetOf(yaml: Yaml, document: Document, place: readonly string[]): number | undefined {
  let node: unknown = document.contents;
  let found: number | undefined;
  for (const name of place) {
    const pair = yaml.isMap(node)
      ? node.items.find(({ key }) => yaml.isScalar(key) && key.value === name)
      : undefined;
    if (!yaml.isScalar(pair?.key)) return undefined;
    found = startOf(pair.key);
    node = yaml.isAlias(pair.value) ? pair.value.resolve(document) : pair.value;
  }
  return found;
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

function firstLine(message: string): string {
  return (message.split("\n", 1)[0] ?? message).replace(/[.:]$/, "");
}
