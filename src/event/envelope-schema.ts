import { DEFAULT_ISSUE_KEY_PATTERN, ENVELOPE_FIELDS, type JsonObject, MAX_LINE_BYTES } from "./envelope.ts";
import { TEXT_LIMITS } from "./envelope-rules.ts";
import { ISSUE_KEY_LENGTH_MAX } from "./issue-key.ts";
import { DEFAULT_PHASES } from "./phases.ts";

/** A field of the envelope, for the JSON Schema and the reference page. */
export interface EnvelopeField {
  readonly setBy: "caller" | "caller or store" | "store";
  readonly required?: true;
  readonly schema: JsonObject & { readonly description: string };
}

const UUID = { type: "string", format: "uuid" };
const TIME = { type: "string", pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$` };

const text = (maxLength: number) => ({ type: "string", minLength: 1, maxLength });

/** The envelope as it is stored, field by field. */
export const ENVELOPE_SCHEMA: Readonly<Record<(typeof ENVELOPE_FIELDS)[number], EnvelopeField>> = {
  event_id: {
    setBy: "caller or store",
    required: true,
    schema: { ...UUID, description: "Names the event for ever; unique in the store." },
  },
  event_type: {
    setBy: "caller",
    required: true,
    schema: { type: "string", description: "What happened: one of the catalogue or a registered type." },
  },
  event_version: {
    setBy: "store",
    required: true,
    schema: {
      type: "string",
      pattern: String.raw`^\d+\.\d+\.\d+$`,
      description: "Version of the schema that validated the metadata.",
    },
  },
  timestamp: {
    setBy: "caller or store",
    required: true,
    schema: { ...TIME, description: "When it happened, UTC; by default `recorded_at`." },
  },
  event_sequence: {
    setBy: "store",
    required: true,
    schema: { type: "integer", minimum: 1, description: "Place in the stream, from 1, without gaps." },
  },
  issue_key: {
    setBy: "caller or store",
    schema: {
      ...text(ISSUE_KEY_LENGTH_MAX),
      description: `The issue; without one the event is in the global stream. Default rule \`${DEFAULT_ISSUE_KEY_PATTERN}\`.`,
    },
  },
  session_id: {
    setBy: "caller or store",
    required: true,
    schema: { ...text(TEXT_LIMITS.session_id), description: "The session of the tool that logged it." },
  },
  correlation_id: {
    setBy: "caller or store",
    schema: {
      ...text(TEXT_LIMITS.correlation_id),
      description: "The run: by default the event_id of its OrchestrationStarted.",
    },
  },
  causation_id: { setBy: "caller", schema: { ...UUID, description: "The event_id of the cause." } },
  actor: {
    setBy: "caller",
    required: true,
    schema: {
      type: "object",
      required: ["type", "id"],
      properties: {
        type: { enum: ["user", "system", "agent"] },
        id: text(TEXT_LIMITS.actor_id),
        model: text(TEXT_LIMITS.model),
      },
      description: "Who did it.",
    },
  },
  recorded_by: {
    setBy: "store",
    schema: { type: "string", description: "The authenticated principal, when it is not the actor." },
  },
  phase: {
    setBy: "caller or store",
    schema: {
      type: "string",
      minLength: 1,
      examples: [...DEFAULT_PHASES],
      description: "The phase: `metadata.phase` where the type has it, else the run's current one.",
    },
  },
  metadata: {
    setBy: "caller",
    required: true,
    schema: { type: "object", description: "The type's own fields; further ones are allowed and kept." },
  },
  git_sha: {
    setBy: "caller or store",
    schema: { type: "string", pattern: "^[0-9a-f]{40}$", description: "The commit that was checked out." },
  },
  branch: {
    setBy: "caller or store",
    schema: { ...text(TEXT_LIMITS.branch), description: "The branch that was checked out." },
  },
  codebase_state: {
    setBy: "caller or store",
    schema: { type: ["object", "string"], description: "Further facts about the working copy." },
  },
  traceparent: { setBy: "caller", schema: { type: "string", description: "W3C trace context." } },
  idempotency_key: {
    setBy: "caller",
    schema: {
      ...text(TEXT_LIMITS.idempotency_key),
      description: "Natural key such as `commit:<sha>`; unique in the store.",
    },
  },
  source: {
    setBy: "caller",
    schema: {
      type: "object",
      required: ["provider"],
      properties: {
        provider: text(TEXT_LIMITS.provider),
        delivery_id: text(TEXT_LIMITS.delivery_id),
        url: text(TEXT_LIMITS.url),
      },
      description: "Where an ingested event came from.",
    },
  },
  recorded_at: {
    setBy: "store",
    required: true,
    schema: { ...TIME, description: "When the store accepted it; never decreases within a store." },
  },
  position: {
    setBy: "store",
    required: true,
    schema: { type: "integer", minimum: 1, description: "Place in the store, from 1, without gaps." },
  },
  prev_hash: {
    setBy: "store",
    required: true,
    schema: {
      type: "string",
      pattern: "^[0-9a-f]{64}$",
      description: "Leaf hash of the line before it in the same stream.",
    },
  },
};

/** The JSON Schema of the envelope; readers ignore fields that they do not know. */
export function envelopeJsonSchema(): JsonObject {
  const fields = ENVELOPE_FIELDS.map((name) => [name, ENVELOPE_SCHEMA[name]] as const);
  return {
    description: `One event: one line of JSON, at most ${MAX_LINE_BYTES} bytes, with its fields in this order.`,
    type: "object",
    required: fields.filter(([, field]) => field.required).map(([name]) => name),
    properties: Object.fromEntries(fields.map(([name, field]) => [name, field.schema])),
  };
}
