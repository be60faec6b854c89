import { at, objectOf, textOf } from "../webhook/payload.ts";

const MAX_NODES = 10_000;
const BLOCKS = new Set([
  "paragraph",
  "heading",
  "codeBlock",
  "listItem",
  "tableRow",
  "blockquote",
  "rule",
  "hardBreak",
]);

/**
 * The plain text of a comment: a string in Server, Data Center and the older interfaces, else a document of nodes
 * (ADF). Walks without recursion, since nesting comes from outside.
 */
export function documentText(body: unknown): string | undefined {
  if (typeof body === "string") return body;
  const root = objectOf(body);
  if (root?.["type"] !== "doc") return undefined;
  let text = "";
  const waiting: unknown[] = [root];
  for (let seen = 0; waiting.length > 0 && seen < MAX_NODES; seen += 1) {
    const node = waiting.pop();
    const type = textOf(at(node, "type")) ?? "";
    if (BLOCKS.has(type) && text !== "" && !text.endsWith("\n")) text += "\n";
    text += textOf(at(node, "text")) ?? textOf(at(node, "attrs", "text")) ?? "";
    const content = at(node, "content");
    if (Array.isArray(content)) waiting.push(...content.slice(0, MAX_NODES).reverse());
  }
  return text;
}
