import { type Loose, objectOf, textOf } from "./json.ts";

/** A tool of a server that has answered. */
export interface ToolUse {
  readonly call: string;
  readonly tool: string;
  readonly input: Loose;
  readonly response: Loose;
}

/** MCP answers are objects, or JSON in a text. */
export function payloadOf(response: unknown): Loose {
  const pieces = Array.isArray(response) ? response : objectOf(response)?.["content"];
  const first: unknown = Array.isArray(pieces) ? pieces[0] : undefined;
  const text = textOf(response) ?? textOf(objectOf(first)?.["text"]);
  if (text === undefined) return objectOf(response) ?? {};
  try {
    return objectOf(JSON.parse(text)) ?? {};
  } catch {
    return {};
  }
}
