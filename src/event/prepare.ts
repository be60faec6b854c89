import { randomUUID } from "node:crypto";

import { ValidationError, type ValidationIssue } from "../errors.ts";
import type { CustomType } from "./custom-types.ts";
import { GLOBAL_STREAM, type Json, type JsonObject, MAX_LINE_BYTES } from "./envelope.ts";
import { FieldReader, isObject, isUuid, member, TEXT_LIMITS } from "./envelope-rules.ts";
import { rejectForeignFields } from "./foreign-fields.ts";
import { ISSUE_KEY_LENGTH_MAX, type IssueKeyRule } from "./issue-key.ts";
import { kindOf } from "./json-path.ts";
import { checkJsonRules } from "./json-rules.ts";
import { type KnownType, KnownTypes } from "./known-types.ts";
import { GIVEN, type PreparedEvent } from "./prepared.ts";

/** Who hands an event in. */
export interface PrepareOptions {
  /** The store logs its own housekeeping: `Store*` types are allowed and no default issue key is used. */
  readonly internal?: boolean | undefined;
  /** The authenticated principal, when it is not the actor. */
  readonly recordedBy?: string | undefined;
}

/** What a preparer is made from. */
export interface PreparerSettings {
  readonly phases: readonly string[];
  readonly issueKeyFault: IssueKeyRule;
  readonly customTypes: readonly CustomType[];
  readonly defaultSessionId: string;
  readonly defaultIssueKey: string | undefined;
  readonly session: string | undefined;
}

/** Checks an event at the door and renders it. */
export type Preparer = (input: unknown, options?: PrepareOptions) => PreparedEvent;

/** Makes the function behind `EventCodec.prepare`. */
export function createPreparer(settings: PreparerSettings): Preparer {
  const types = new KnownTypes(settings.phases, settings.customTypes);
  return (input, options = {}) => {
    const event = jsonObject(input);
    const internal = options.internal === true;
    const type = types.get(typeName(event), internal);
    const issues: ValidationIssue[] = [];
    const door = new Door(event, issues, settings);
    const metadata = door.metadata(type);
    const draft = door.prepared(type, metadata, options);
    if (issues.length > 0) throw invalidEvent(type.type, issues);
    checkLength(draft);
    return draft;
  };
}

function jsonObject(input: unknown): JsonObject {
  const fault = checkJsonRules(input);
  if (fault !== undefined) throw invalidEvent("the event", [fault]);
  const event = input as Json;
  if (isObject(event)) return event;
  throw invalidEvent("the event", [{ path: "$", message: `must be an object, not ${kindOf(event)}` }]);
}

function typeName(event: JsonObject): string {
  const type = event["event_type"];
  if (typeof type === "string") return type;
  const message = type === undefined ? "is missing" : `must be a string, not ${kindOf(type)}`;
  throw invalidEvent("the event", [{ path: "$.event_type", message }]);
}

/** Reads one event field by field. Goes on after a fault, so that callers learn of all at once. */
class Door {
  readonly #event: JsonObject;
  readonly #fields: FieldReader;
  readonly #settings: PreparerSettings;

  constructor(event: JsonObject, issues: ValidationIssue[], settings: PreparerSettings) {
    this.#event = event;
    this.#fields = new FieldReader(event, issues);
    this.#settings = settings;
    rejectForeignFields(event, this.#fields);
  }

  metadata(type: KnownType): JsonObject {
    if (this.#event["metadata"] === undefined) this.#fields.reject("metadata", "is missing");
    const metadata = this.#fields.object("metadata") ?? {};
    if (!type.validator.accepts(metadata)) this.#fields.issues.push(...type.validator.issues(metadata));
    return metadata;
  }

  /** Only to be used when no issue was found; wrong fields are left out of it. */
  prepared(type: KnownType, metadata: JsonObject, options: PrepareOptions): PreparedEvent {
    const fields = this.#fields;
    const event_id = fields.uuid("event_id");
    const timestamp = fields.time("timestamp");
    const given_key = this.#givenIssueKey(metadata);
    const issue_key = given_key ?? (options.internal === true ? undefined : this.#settings.defaultIssueKey);
    const session_id = fields.text("session_id", TEXT_LIMITS.session_id);
    const correlation_id = this.#correlationId();
    const phase = this.#phase(type, metadata);
    const idempotency_key = fields.text("idempotency_key", TEXT_LIMITS.idempotency_key);
    return {
      event_id: event_id ?? randomUUID(),
      event_type: type.type,
      event_version: type.version,
      timestamp,
      stream: issue_key ?? GLOBAL_STREAM,
      issue_key,
      session_id: session_id ?? this.#settings.session,
      default_session_id: this.#settings.defaultSessionId,
      correlation_id,
      phase,
      idempotency_key,
      given:
        (event_id === undefined ? 0 : GIVEN.event_id) |
        (timestamp === undefined ? 0 : GIVEN.timestamp) |
        (given_key === undefined ? 0 : GIVEN.issue_key) |
        (session_id === undefined ? 0 : GIVEN.session_id) |
        (correlation_id === undefined ? 0 : GIVEN.correlation_id) |
        (phase === undefined ? 0 : GIVEN.phase),
      actor_json: this.#actorJson(options.recordedBy),
      body_json: this.#bodyJson(metadata, idempotency_key),
      effect: fields.issues.length > 0 ? undefined : type.effect?.(metadata),
    };
  }

  /** What the caller says in the envelope or in the metadata; both must say the same. */
  #givenIssueKey(metadata: JsonObject): string | undefined {
    const outer = this.#issueKey(this.#fields);
    if (metadata["issue_key"] === undefined) return outer;
    const below = this.#fields.below("metadata", metadata);
    const inner = this.#issueKey(below);
    if (outer !== undefined && inner !== undefined && inner !== outer) {
      below.reject("issue_key", `must agree with the event's issue_key ${outer}`);
    }
    return outer ?? inner;
  }

  #issueKey(fields: FieldReader): string | undefined {
    const key = fields.text("issue_key", ISSUE_KEY_LENGTH_MAX);
    if (key === undefined) return undefined;
    const fault = this.#settings.issueKeyFault(key);
    return fault === undefined ? key : fields.reject("issue_key", fault);
  }

  /** Runs are named after their first event, whose id is kept in lower case. */
  #correlationId(): string | undefined {
    const text = this.#fields.text("correlation_id", TEXT_LIMITS.correlation_id);
    return text !== undefined && isUuid(text) ? text.toLowerCase() : text;
  }

  /** What the caller says in the envelope or, for types that have it, in the metadata. */
  #phase(type: KnownType, metadata: JsonObject): string | undefined {
    const outer = this.#fields.text("phase", Number.POSITIVE_INFINITY);
    const inner = type.hasPhase ? metadata["phase"] : undefined;
    if (outer === undefined) return typeof inner === "string" ? inner : undefined;
    const { phases } = this.#settings;
    if (!phases.includes(outer)) return this.#fields.reject("phase", `must be one of ${phases.join(", ")}`);
    if (inner !== undefined && inner !== outer)
      return this.#fields.reject("phase", "must agree with metadata.phase");
    return outer;
  }

  #actorJson(recordedBy: string | undefined): string {
    const causation_id = this.#fields.uuid("causation_id");
    const actor = this.#fields.actor() ?? "{}";
    return `${member("causation_id", causation_id)},"actor":${actor}${member("recorded_by", recordedBy)}`;
  }

  #bodyJson(metadata: JsonObject, idempotencyKey: string | undefined): string {
    const fields = this.#fields;
    const source = fields.source();
    return (
      `,"metadata":${JSON.stringify(metadata)}` +
      member("git_sha", fields.gitSha()) +
      member("branch", fields.text("branch", TEXT_LIMITS.branch)) +
      member("codebase_state", fields.codebaseState()) +
      member("traceparent", fields.traceparent()) +
      member("idempotency_key", idempotencyKey) +
      (source === undefined ? "" : `,"source":${source}`)
    );
  }
}

/** What stands on every line besides the fields that a prepared event knows, at its shortest. */
const STORED_BYTES_MIN =
  Buffer.byteLength(
    `{"event_id":"00000000-0000-4000-8000-000000000000","event_type":"","event_version":"1.0.0"` +
      `,"timestamp":"2026-01-31T12:00:00.000Z","event_sequence":1,"session_id":"",` +
      `"recorded_at":"2026-01-31T12:00:00.000Z","position":1,"prev_hash":""}`,
  ) + 64;

/** Refuses early what cannot fit; the log checks the finished line. */
function checkLength(event: PreparedEvent): void {
  const { actor_json, body_json } = event;
  // a UTF-16 code unit takes at most three bytes
  if ((actor_json.length + body_json.length) * 3 + STORED_BYTES_MIN <= MAX_LINE_BYTES) return;
  const bytes = STORED_BYTES_MIN + Buffer.byteLength(actor_json) + Buffer.byteLength(body_json);
  if (bytes <= MAX_LINE_BYTES) return;
  const message = `would make a line of at least ${bytes} bytes; a line has at most ${MAX_LINE_BYTES}`;
  throw new ValidationError("ESO_INVALID_EVENT", `the event ${message}`, {
    hint: "Attach long texts as blobs or cut them.",
    details: { issues: [{ path: "$", message }] },
  });
}

const ISSUES_IN_MESSAGE = 3;

function invalidEvent(what: string, issues: readonly ValidationIssue[]): ValidationError {
  const shown = issues.slice(0, ISSUES_IN_MESSAGE).map(({ path, message }) => `${path} ${message}`);
  const more = issues.length > shown.length ? `; and ${issues.length - shown.length} more` : "";
  return new ValidationError("ESO_INVALID_EVENT", `${what} is not valid: ${shown.join("; ")}${more}`, {
    details: { issues },
  });
}
