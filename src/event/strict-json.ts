import { ValidationError, type ValidationIssue } from "../errors.ts";
import type { Json } from "./envelope.ts";
import { findJsonFault } from "./json-fault.ts";
import { COLON, endOfString, QUOTE } from "./json-string.ts";
import { isForbiddenKey, numberFault } from "./json-rules.ts";
import { MAX_DEPTH } from "./envelope.ts";

/**
 * Parses JSON that means the same to every parser: no duplicate keys, lone surrogates, numbers that lose
 * digits, prototype keys, byte order mark or nesting beyond 64 levels.
 *
 * @throws ValidationError naming the JSON path, for syntax errors also line and column.
 * @example
 * ```ts
 * parseStrictJson('{"a":1,"a":2}'); // ValidationError: $.a is given twice
 * ```
 */
export function parseStrictJson(text: string): Json {
  const value = tolerantParse(text);
  if (value !== undefined && keysIn(value) === colonsOutsideStrings(text)) return value;
  throw jsonError(findJsonFault(text));
}

/** V8 parses without recursion, so hostile nesting cannot exhaust the stack here. */
function tolerantParse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    // not JSON at all; the careful scanner says where
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function jsonError(issue: ValidationIssue): ValidationError {
  return new ValidationError("ESO_INVALID_EVENT", `not acceptable JSON: ${issue.path} ${issue.message}`, {
    details: { issues: [issue] },
  });
}

/** How many keys a value's objects have, all levels together; NaN when it breaks a rule. */
function keysIn(value: Json, depth = 1): number {
  if (typeof value === "string") return value.isWellFormed() ? 0 : Number.NaN;
  if (typeof value === "number") return numberFault(value) === undefined ? 0 : Number.NaN;
  if (value === null || typeof value === "boolean") return 0;
  if (depth > MAX_DEPTH) return Number.NaN;
  let keys = 0;
  if (Array.isArray(value)) {
    for (const item of value) keys += keysIn(item, depth + 1);
    return keys;
  }
  for (const [key, member] of Object.entries(value)) {
    if (isForbiddenKey(key) || !key.isWellFormed()) return Number.NaN;
    keys += 1 + keysIn(member, depth + 1);
  }
  return keys;
}

/** How many keys a valid JSON text writes; more than its value has when one is written twice. */
function colonsOutsideStrings(text: string): number {
  let colons = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === COLON) colons++;
    else if (code === QUOTE) i = endOfString(text, i);
  }
  return colons;
}
