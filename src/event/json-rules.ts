import type { ValidationIssue } from "../errors.ts";
import { MAX_DEPTH } from "./envelope.ts";
import { jsonPath } from "./json-path.ts";

/** A broken rule; the path is put together on the way out, so that clean values cost nothing for it. */
interface Fault {
  readonly message: string;
  readonly segments: (string | number)[];
}

/** Rules of JSON texts and in-memory values alike, so that both doors say the same. */
export const JSON_FAULTS = {
  depth: `nests deeper than ${MAX_DEPTH} levels`,
  forbiddenKey: "is a key that could change an object's prototype",
  loneSurrogate: "holds half of a surrogate pair, which UTF-8 cannot store",
  keySurrogate: "is a key that holds half of a surrogate pair, which UTF-8 cannot store",
  notFinite: "is not a finite number",
  unsafeInteger: "is an integer beyond ±(2^53−1), which would lose digits; send it as a string",
} as const;

/**
 * Checks that an in-memory value is JSON as the store keeps it: plain objects and dense arrays of strings,
 * safe numbers, booleans and null, not too deep. Undefined properties of objects are allowed, since
 * rendering leaves them out.
 *
 * @returns the first broken rule, or undefined.
 */
export function checkJsonRules(value: unknown): ValidationIssue | undefined {
  const fault = faultIn(value, 1);
  return fault && { path: jsonPath(fault.segments), message: fault.message };
}

/** Whether a key is one of those that parsers and mergers trip over. */
export function isForbiddenKey(key: string): boolean {
  return key === "__proto__" || key === "constructor" || key === "prototype";
}

/** Why JSON cannot carry a number exactly, or undefined when it can. */
export function numberFault(value: number): string | undefined {
  if (!Number.isFinite(value)) return JSON_FAULTS.notFinite;
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? JSON_FAULTS.unsafeInteger : undefined;
}

function faultIn(value: unknown, depth: number): Fault | undefined {
  switch (typeof value) {
    case "string":
      return value.isWellFormed() ? undefined : fault(JSON_FAULTS.loneSurrogate);
    case "number": {
      const message = numberFault(value);
      return message === undefined ? undefined : fault(message);
    }
    case "boolean":
      return undefined;
    case "object":
      if (value === null) return undefined;
      // cycles are endlessly deep, so the depth limit finds them
      if (depth > MAX_DEPTH) return fault(JSON_FAULTS.depth);
      return Array.isArray(value) ? faultInArray(value, depth) : faultInObject(value, depth);
    default:
      return fault(
        `is ${typeof value === "undefined" ? "undefined" : `a ${typeof value}`}, not a JSON value`,
      );
  }
}

function faultInArray(array: readonly unknown[], depth: number): Fault | undefined {
  // by index, so that a hole counts as undefined
  for (let i = 0; i < array.length; i++) {
    const found = faultIn(array[i], depth + 1);
    if (found !== undefined) return within(i, found);
  }
  return undefined;
}

function faultInObject(object: object, depth: number): Fault | undefined {
  if (!isPlain(object)) return fault(`is a ${kindOf(object)}, not a plain object`);
  const members = object as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(members)) {
    if (isForbiddenKey(key)) return within(key, fault(JSON_FAULTS.forbiddenKey));
    if (!key.isWellFormed()) return within(key, fault(JSON_FAULTS.keySurrogate));
    const value = members[key];
    if (value === undefined) continue;
    const found = faultIn(value, depth + 1);
    if (found !== undefined) return within(key, found);
  }
  return undefined;
}

const fault = (message: string): Fault => ({ message, segments: [] });

function within(segment: string | number, found: Fault): Fault {
  found.segments.unshift(segment);
  return found;
}

function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype === Object.prototype || prototype === null) return true;
  // Object.prototype of another realm, such as a vm context's
  return (
    typeof prototype === "object" &&
    Object.getPrototypeOf(prototype) === null &&
    Object.hasOwn(prototype, "isPrototypeOf")
  );
}

const kindOf = (object: object): string =>
  Object.prototype.toString.call(object).slice("[object ".length, -1);
