import type { ValidationIssue } from "../errors.ts";
import type { Json, JsonObject } from "./envelope.ts";
import { ISO_TIME_RULE, normalIsoTime } from "./iso-time.ts";
import { jsonPath, kindOf } from "./json-path.ts";

/** Longest values of the envelope's texts, in UTF-16 code units. */
export const TEXT_LIMITS = {
  session_id: 128,
  correlation_id: 128,
  actor_id: 256,
  model: 256,
  branch: 1_024,
  codebase_state: 16_384,
  idempotency_key: 512,
  provider: 128,
  delivery_id: 512,
  url: 4_096,
} as const;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const GIT_SHA = /^[0-9a-f]{40}$/i;
/** Version 00 of W3C trace context; ids of zeros only are invalid there. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const ACTOR_TYPES = ["user", "system", "agent"];
const ACTOR_FIELDS = ["type", "id", "model"];
const SOURCE_FIELDS = ["provider", "delivery_id", "url"];

/** Reads the fields of one object and collects what is wrong with them. */
export class FieldReader {
  readonly issues: ValidationIssue[];
  readonly #object: JsonObject;
  readonly #path: readonly string[];

  constructor(object: JsonObject, issues: ValidationIssue[], path: readonly string[] = []) {
    this.#object = object;
    this.issues = issues;
    this.#path = path;
  }

  /** Says that a field breaks a rule. */
  reject(field: string, message: string): undefined {
    this.issues.push({ path: jsonPath([...this.#path, field]), message });
  }

  /** The field's text, 1 to `limit` characters; undefined when absent or wrong. */
  text(field: string, limit: number): string | undefined {
    const value = this.#object[field];
    if (value === undefined) return undefined;
    if (typeof value !== "string") return this.reject(field, `must be a string, not ${kindOf(value)}`);
    if (value.length === 0) return this.reject(field, "must not be empty");
    return value.length > limit ? this.reject(field, `is longer than ${limit} characters`) : value;
  }

  /** Like `text`, and an error when the field is absent. */
  requiredText(field: string, limit: number): string | undefined {
    if (this.#object[field] === undefined) return this.reject(field, "is missing");
    return this.text(field, limit);
  }

  /** The field's object; an error when it is something else, undefined when absent or wrong. */
  object(field: string): JsonObject | undefined {
    const value = this.#object[field];
    if (value === undefined) return undefined;
    return isObject(value) ? value : this.reject(field, `must be an object, not ${kindOf(value)}`);
  }

  /** A reader for an object inside this one, which collects into the same issues. */
  below(field: string, object: JsonObject): FieldReader {
    return new FieldReader(object, this.issues, [...this.#path, field]);
  }

  /** Reads a field that is an object with named fields of its own. */
  nested(field: string, allowed: readonly string[]): FieldReader | undefined {
    const object = this.object(field);
    if (object === undefined) return undefined;
    const reader = this.below(field, object);
    for (const key of Object.keys(object)) {
      if (!allowed.includes(key)) reader.reject(key, `is not a field of ${field}: ${allowed.join(", ")}`);
    }
    return reader;
  }

  uuid(field: string): string | undefined {
    const text = this.text(field, UUID_LENGTH);
    if (text === undefined) return undefined;
    return isUuid(text) ? text.toLowerCase() : this.reject(field, "must be a UUID");
  }

  time(field: string): string | undefined {
    const text = this.text(field, TIME_LENGTH_MAX);
    return text === undefined ? undefined : (normalIsoTime(text) ?? this.reject(field, ISO_TIME_RULE));
  }

  gitSha(): string | undefined {
    const text = this.text("git_sha", Number.POSITIVE_INFINITY);
    if (text === undefined) return undefined;
    return GIT_SHA.test(text)
      ? text.toLowerCase()
      : this.reject("git_sha", "must be 40 hex digits, or left out");
  }

  traceparent(): string | undefined {
    const text = this.text("traceparent", Number.POSITIVE_INFINITY);
    if (text === undefined || TRACEPARENT.test(text)) return text;
    return this.reject("traceparent", "must be a W3C trace context, 00-<trace id>-<parent id>-<flags>");
  }

  /** Rendered as JSON with its fields in fixed order. */
  actor(): string | undefined {
    if (this.#object["actor"] === undefined) return this.reject("actor", "is missing");
    const actor = this.nested("actor", ACTOR_FIELDS);
    const type = actor?.requiredText("type", TEXT_LIMITS.actor_id);
    const id = actor?.requiredText("id", TEXT_LIMITS.actor_id);
    const model = actor?.text("model", TEXT_LIMITS.model);
    if (type === undefined || id === undefined) return undefined;
    if (!ACTOR_TYPES.includes(type)) return actor?.reject("type", `must be one of ${ACTOR_TYPES.join(", ")}`);
    return `{"type":"${type}","id":${JSON.stringify(id)}${member("model", model)}}`;
  }

  /** Rendered as JSON with its fields in fixed order. */
  source(): string | undefined {
    const source = this.nested("source", SOURCE_FIELDS);
    const provider = source?.requiredText("provider", TEXT_LIMITS.provider);
    if (source === undefined || provider === undefined) return undefined;
    const delivery = member("delivery_id", source.text("delivery_id", TEXT_LIMITS.delivery_id));
    const url = member("url", source.text("url", TEXT_LIMITS.url));
    return `{"provider":${JSON.stringify(provider)}${delivery}${url}}`;
  }

  /** An object or a text. */
  codebaseState(): JsonObject | string | undefined {
    const field = "codebase_state";
    if (typeof this.#object[field] === "string") return this.text(field, TEXT_LIMITS.codebase_state);
    return this.object(field);
  }
}

const UUID_LENGTH = 36;
/** Nanoseconds and an offset. */
const TIME_LENGTH_MAX = 35;

/** Whether a text is a UUID of any version, in any case. */
export const isUuid = (text: string): boolean => UUID.test(text);

/** A rendered member with its leading comma, or nothing when there is no value. */
export function member(name: string, value: string | JsonObject | undefined): string {
  return value === undefined ? "" : `,"${name}":${JSON.stringify(value)}`;
}

/** Whether a JSON value is an object and no array. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
