import type { ValidationIssue } from "../errors.ts";
import { MAX_DEPTH } from "./envelope.ts";
import { jsonPath } from "./json-path.ts";
import { endOfString } from "./json-string.ts";
import { isForbiddenKey, JSON_FAULTS, numberFault } from "./json-rules.ts";

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WHITE_SPACE = /[ \t\n\r]*/y;
const LITERALS = ["true", "false", "null"];

/** Thrown by the scanner to leave the recursion; never leaves this file. */
class Found {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/**
 * The first rule that a JSON text breaks, with its path. Slow and careful: only called for texts that the
 * fast parser has refused.
 */
export function findJsonFault(text: string): ValidationIssue {
  const scanner = new FaultScanner(text);
  try {
    scanner.scanDocument();
  } catch (error) {
    if (error instanceof Found) return { path: jsonPath(scanner.segments), message: error.message };
    throw error;
  }
  throw new Error("the fast and the careful JSON parser disagree");
}

/** Walks a text by recursive descent, at most `MAX_DEPTH` deep, and throws at the first broken rule. */
class FaultScanner {
  /** Where the scanner stands; left as it is when a fault is found. */
  readonly segments: (string | number)[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  scanDocument(): void {
    if (this.#text.startsWith("\uFEFF")) throw new Found("begins with a byte order mark");
    this.#skipWhiteSpace();
    this.#scanValue(1);
    this.#skipWhiteSpace();
    if (this.#at < this.#text.length) this.#failSyntax("has text behind its end");
  }

  #scanValue(depth: number): void {
    const next = this.#text[this.#at];
    if (next === "{" || next === "[") {
      if (depth > MAX_DEPTH) throw new Found(JSON_FAULTS.depth);
      if (next === "{") this.#scanObject(depth);
      else this.#scanArray(depth);
    } else if (next === '"') {
      if (!this.#scanString().isWellFormed()) throw new Found(JSON_FAULTS.loneSurrogate);
    } else if (next === "-" || (next !== undefined && next >= "0" && next <= "9")) {
      this.#scanNumber();
    } else {
      this.#scanLiteral();
    }
  }

  #scanObject(depth: number): void {
    const keys = new Set<string>();
    this.#at++;
    this.#skipWhiteSpace();
    if (this.#take("}")) return;
    do {
      this.#skipWhiteSpace();
      if (this.#text[this.#at] !== '"') this.#failSyntax("expects a key in double quotes");
      const key = this.#scanString();
      this.segments.push(key);
      checkKey(key, keys);
      this.#skipWhiteSpace();
      if (!this.#take(":")) this.#failSyntax("expects a colon behind the key");
      this.#skipWhiteSpace();
      this.#scanValue(depth + 1);
      this.segments.pop();
      this.#skipWhiteSpace();
    } while (this.#take(","));
    if (!this.#take("}")) this.#failSyntax("expects a comma or the object's end");
  }

  #scanArray(depth: number): void {
    this.#at++;
    this.#skipWhiteSpace();
    if (this.#take("]")) return;
    let index = 0;
    do {
      this.segments.push(index++);
      this.#skipWhiteSpace();
      this.#scanValue(depth + 1);
      this.segments.pop();
      this.#skipWhiteSpace();
    } while (this.#take(","));
    if (!this.#take("]")) this.#failSyntax("expects a comma or the array's end");
  }

  #scanString(): string {
    // not by one regular expression: those use stack for each character of a long string
    const end = endOfString(this.#text, this.#at);
    const content = end < 0 ? undefined : stringContent(this.#text.slice(this.#at, end + 1));
    if (content === undefined) this.#failSyntax("holds a string that is not closed or not escaped properly");
    this.#at = end + 1;
    return content;
  }

  #scanNumber(): void {
    const token = this.#match(NUMBER);
    if (token === undefined) this.#failSyntax("expects a number");
    const message = numberFault(Number(token));
    if (message !== undefined) throw new Found(message);
  }

  #scanLiteral(): void {
    const literal = LITERALS.find((word) => this.#text.startsWith(word, this.#at));
    if (literal === undefined) this.#failSyntax("expects a JSON value");
    this.#at += literal.length;
  }

  #skipWhiteSpace(): void {
    this.#match(WHITE_SPACE);
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const token = pattern.exec(this.#text)?.[0];
    this.#at += token?.length ?? 0;
    return token;
  }

  #failSyntax(what: string): never {
    const before = this.#text.slice(0, this.#at).split("\n");
    const column = (before.at(-1)?.length ?? 0) + 1;
    const found = this.#at < this.#text.length ? JSON.stringify(this.#text[this.#at]) : "the end of the text";
    throw new Found(`${what}, found ${found} at line ${before.length}, column ${column}`);
  }
}

function checkKey(key: string, seen: Set<string>): void {
  if (isForbiddenKey(key)) throw new Found(JSON_FAULTS.forbiddenKey);
  if (!key.isWellFormed()) throw new Found(JSON_FAULTS.keySurrogate);
  if (seen.has(key)) throw new Found("is given twice");
  seen.add(key);
}

function stringContent(token: string): string | undefined {
  try {
    return JSON.parse(token) as string;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
