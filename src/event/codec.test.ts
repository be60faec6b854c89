import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { ValidationError } from "../errors.ts";
import { createCodec } from "./codec.ts";
import { ENVELOPE_FIELDS, type JsonObject, MAX_LINE_BYTES, STORE_FIELDS } from "./envelope.ts";
import { GIVEN, type PreparedEvent } from "./prepared.ts";
import { EVENT_TYPE_NAMES } from "./registry.ts";
import { isoTimes, metadataOf, minimalMetadata } from "./testdata/sample-metadata.ts";

const codec = await createCodec({ defaultSessionId: "default-session" });

const ID = "0E984725-C51C-4BF4-9960-E1C80E27ABA0";
const base = {
  event_type: "PhaseStarted",
  issue_key: "PROJ-1",
  actor: { type: "agent", id: "planner" },
  metadata: { phase: "PLAN" },
} as const;

function rejection(input: unknown): ValidationError {
  try {
    codec.prepare(input);
  } catch (error) {
    if (error instanceof ValidationError) return error;
    throw error;
  }
  throw new Error("was accepted");
}

const issuesOf = (input: unknown): readonly string[] =>
  rejection(input).issues.map(({ path, message }) => `${path} ${message}`);

/** The rendered parts as one object, in the order in which they stand on the line. */
const rendered = ({ actor_json, body_json }: PreparedEvent): JsonObject =>
  JSON.parse(`{${(actor_json + body_json).slice(1)}}`) as JsonObject;

describe("a minimal event", () => {
  const prepared = codec.prepare(base);

  test("is filled with what does not depend on its place", () => {
    expect(prepared).toMatchObject({
      event_type: "PhaseStarted",
      event_version: "1.0.0",
      timestamp: undefined,
      stream: "PROJ-1",
      issue_key: "PROJ-1",
      session_id: undefined,
      default_session_id: "default-session",
      correlation_id: undefined,
      phase: "PLAN",
      given: GIVEN.issue_key | GIVEN.phase,
      actor_json: ',"actor":{"type":"agent","id":"planner"}',
      body_json: ',"metadata":{"phase":"PLAN"}',
      effect: { kind: "phase", phase: "PLAN" },
    });
    expect(prepared.event_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
  });

  test("without an issue goes to the global stream", () => {
    const { issue_key: _, ...input } = base;
    expect(codec.prepare(input)).toMatchObject({
      stream: "global",
      issue_key: undefined,
      given: GIVEN.phase,
    });
  });
});

test("everything a caller may set is kept, in the envelope's order", () => {
  const input = {
    source: { url: "https://example.org/1", delivery_id: "d-1", provider: "github" },
    idempotency_key: "commit:abc",
    traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    codebase_state: { dirty: true },
    branch: "main",
    git_sha: "ABCDEF0123456789ABCDEF0123456789ABCDEF01",
    metadata: { z: 1, phase: "CODE", a: undefined },
    phase: "CODE",
    actor: { model: "claude-opus-5", id: "x", type: "agent" },
    causation_id: ID,
    correlation_id: ID,
    session_id: "s-1",
    issue_key: "PROJ-7",
    timestamp: "2026-01-31T12:00:00+02:00",
    event_type: "PhaseStarted",
    event_id: ID,
  };
  const prepared = codec.prepare(input, { recordedBy: "ci@example.org" });
  expect(prepared).toMatchObject({
    event_id: ID.toLowerCase(),
    correlation_id: ID.toLowerCase(),
    timestamp: "2026-01-31T10:00:00.000Z",
    session_id: "s-1",
    phase: "CODE",
    idempotency_key: "commit:abc",
    given: 63,
  });
  const fields = rendered(prepared);
  const order = ENVELOPE_FIELDS.filter((field) => field in fields);
  expect(Object.keys(fields)).toEqual(order);
  expect(JSON.stringify(fields)).toBe(
    JSON.stringify({
      causation_id: ID.toLowerCase(),
      actor: { type: "agent", id: "x", model: "claude-opus-5" },
      recorded_by: "ci@example.org",
      metadata: { z: 1, phase: "CODE" },
      git_sha: input.git_sha.toLowerCase(),
      branch: "main",
      codebase_state: { dirty: true },
      traceparent: input.traceparent,
      idempotency_key: "commit:abc",
      source: { provider: "github", delivery_id: "d-1", url: "https://example.org/1" },
    }),
  );
});

test.each<[JsonObject, string]>([
  [{ event_id: "not-a-uuid" }, "$.event_id must be a UUID"],
  [{ event_id: 7 }, "$.event_id must be a string, not a number"],
  [{ timestamp: "2026-02-30T00:00:00Z" }, "$.timestamp must be an ISO 8601 time"],
  [{ timestamp: "2026-01-31" }, "$.timestamp must be an ISO 8601 time"],
  [{ timestamp: 1 }, "$.timestamp must be a string, not a number"],
  [{ issue_key: "../../etc" }, "$.issue_key cannot be an issue key"],
  [{ issue_key: "proj-1" }, "$.issue_key does not match the pattern"],
  [{ issue_key: "global" }, "$.issue_key is a reserved name"],
  [{ issue_key: null }, "$.issue_key must be a string, not null"],
  [
    { metadata: { phase: "PLAN", issue_key: "OTHER-2" } },
    "$.metadata.issue_key must agree with the event's issue_key PROJ-1",
  ],
  [{ session_id: "" }, "$.session_id must not be empty"],
  [{ session_id: "s".repeat(129) }, "$.session_id is longer than 128 characters"],
  [{ correlation_id: {} }, "$.correlation_id must be a string, not an object"],
  [{ causation_id: "PROJ-1" }, "$.causation_id must be a UUID"],
  [{ actor: "me" }, "$.actor must be an object, not a string"],
  [{ actor: [] }, "$.actor must be an object, not an array"],
  [{ actor: { id: "x" } }, "$.actor.type is missing"],
  [{ actor: { type: "robot", id: "x" } }, "$.actor.type must be one of user, system, agent"],
  [{ actor: { type: "user", id: "" } }, "$.actor.id must not be empty"],
  [{ actor: { type: "user", id: "x", name: "X" } }, "$.actor.name is not a field of actor: type, id, model"],
  [{ actor: { type: "agent", id: "x", model: 5 } }, "$.actor.model must be a string, not a number"],
  [{ phase: "DEPLOY" }, "$.phase must be one of EXPLORE, PLAN"],
  [{ phase: "CODE" }, "$.phase must agree with metadata.phase"],
  [{ metadata: [] }, "$.metadata must be an object, not an array"],
  [{ metadata: { phase: "plan" } }, "$.metadata.phase must be one of EXPLORE"],
  [{ git_sha: "abc" }, "$.git_sha must be 40 hex digits"],
  [{ branch: 1 }, "$.branch must be a string, not a number"],
  [{ codebase_state: [] }, "$.codebase_state must be an object, not an array"],
  [{ traceparent: "00-x" }, "$.traceparent must be a W3C trace context"],
  [{ traceparent: `00-${"0".repeat(32)}-00f067aa0ba902b7-01` }, "$.traceparent must be a W3C trace context"],
  [{ idempotency_key: "k".repeat(513) }, "$.idempotency_key is longer than 512 characters"],
  [{ source: { url: "https://example.org" } }, "$.source.provider is missing"],
  [{ source: { provider: "x", secret: "y" } }, "$.source.secret is not a field of source"],
  [{ issueKey: "PROJ-1" }, "$.issueKey is not a field of events; did you mean issue_key?"],
  [{ details: {} }, "$.details is not a field of events; fields of your own go into metadata"],
  [{ metadata: { phase: "PLAN", deep: { n: 2 ** 60 } } }, "$.metadata.deep.n is an integer beyond"],
])("%j is rejected", (change, issue) => {
  const issues = issuesOf({ ...base, ...change });
  expect(issues).toHaveLength(issue.includes("metadata must be an object") ? 2 : 1);
  expect(issues[0]).toContain(issue);
});

test("fields that the store sets are rejected", () => {
  for (const field of STORE_FIELDS) {
    expect(issuesOf({ ...base, [field]: "1" })).toEqual([`$.${field} is set by the store; leave it out`]);
  }
});

test("all faults are reported at once, and the message names the first", () => {
  const error = rejection({ ...base, actor: {}, metadata: {}, timestamp: "now", extra: 1 });
  expect(error.code).toBe("ESO_INVALID_EVENT");
  expect(error.issues.map(({ path }) => path)).toEqual([
    "$.extra",
    "$.metadata.phase",
    "$.timestamp",
    "$.actor.type",
    "$.actor.id",
  ]);
  expect(error.message).toContain("PhaseStarted is not valid: $.extra is not a field");
  expect(error.message).toContain("and 2 more");
});

test.each([undefined, null, 7, "text", [], new Date(), new Map(), () => base])("%s is no event", (input) => {
  expect(issuesOf(input)).toHaveLength(1);
});

describe("event types", () => {
  test("unknown ones are rejected with what may have been meant", () => {
    const error = rejection({ ...base, event_type: "PhaseStartd" });
    expect(error.code).toBe("ESO_UNKNOWN_EVENT_TYPE");
    expect(error.hint).toBe("Did you mean PhaseStarted?");
    expect(error.issues.map(({ path }) => path)).toEqual(["$.event_type"]);
  });

  test("names of Object.prototype are no types", () => {
    for (const event_type of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
      expect(rejection({ ...base, event_type }).code).toBe("ESO_UNKNOWN_EVENT_TYPE");
    }
  });

  test("missing and mistyped ones are rejected", () => {
    expect(issuesOf({ actor: base.actor, metadata: {} })).toEqual(["$.event_type is missing"]);
    expect(issuesOf({ ...base, event_type: 1 })).toEqual(["$.event_type must be a string, not a number"]);
  });

  test("the store's own ones are for the store", async () => {
    const event = {
      event_type: "StoreEventVoided",
      actor: { type: "system", id: "eso" },
      metadata: { voided_event_id: ID },
    };
    expect(issuesOf(event)).toEqual(["$.event_type is a type that only the store itself logs"]);
    expect(issuesOf({ ...event, event_type: "StoreAnything" })).toHaveLength(1);
    const withIssue = await createCodec({ defaultSessionId: "s", defaultIssueKey: "PROJ-9" });
    expect(withIssue.prepare(event, { internal: true }).stream).toBe("global");
    expect(withIssue.prepare(base, {}).stream).toBe("PROJ-1");
  });
});

describe("issue keys", () => {
  const { issue_key: _, ...nowhere } = base;
  const inMetadata = { ...nowhere, metadata: { phase: "PLAN", issue_key: "PROJ-5" } };

  test("of the metadata are copied to the envelope", () => {
    expect(codec.prepare(inMetadata)).toMatchObject({
      issue_key: "PROJ-5",
      given: GIVEN.issue_key | GIVEN.phase,
    });
    expect(issuesOf({ ...nowhere, metadata: { phase: "PLAN", issue_key: "no key" } })[0]).toContain(
      "$.metadata.issue_key cannot be an issue key",
    );
  });

  test("default to the store's, which does not count as given", async () => {
    const withIssue = await createCodec({ defaultSessionId: "s", defaultIssueKey: "PROJ-9" });
    expect(withIssue.prepare(nowhere)).toMatchObject({ stream: "PROJ-9", given: GIVEN.phase });
    expect(withIssue.prepare(inMetadata).stream).toBe("PROJ-5");
  });

  test("follow a configured pattern", async () => {
    const github = await createCodec({ defaultSessionId: "s", issueKeyPattern: String.raw`[a-z]+#\d+` });
    expect(github.prepare({ ...base, issue_key: "eso#12" }).stream).toBe("eso#12");
    expect(() => github.prepare(base)).toThrow(/issue_key does not match the pattern/);
  });
});

test("unusable defaults are configuration errors", async () => {
  const code = "ESO_INVALID_CONFIG";
  await expect(createCodec({ defaultSessionId: "" })).rejects.toMatchObject({ code });
  await expect(createCodec({ defaultSessionId: "s", session: "s".repeat(129) })).rejects.toMatchObject({
    code,
  });
  await expect(createCodec({ defaultSessionId: "s", defaultIssueKey: ".." })).rejects.toMatchObject({ code });
  await expect(createCodec({ defaultSessionId: "s", phases: [] })).rejects.toMatchObject({ code });
});

test("a configured session goes before the open run's, and does not count as given", async () => {
  const configured = await createCodec({ defaultSessionId: "s", session: "from-environment" });
  expect(configured.prepare(base)).toMatchObject({
    session_id: "from-environment",
    given: GIVEN.issue_key | GIVEN.phase,
  });
  expect(configured.prepare({ ...base, session_id: "mine" }).session_id).toBe("mine");
});

test("configured phases replace the default ones", async () => {
  const phased = await createCodec({ defaultSessionId: "s", phases: ["DESIGN", "SHIP"] });
  expect(phased.prepare({ ...base, metadata: { phase: "SHIP" } }).phase).toBe("SHIP");
  expect(() => phased.prepare(base)).toThrow(/metadata.phase must be one of DESIGN, SHIP/);
  expect(() =>
    phased.prepare({
      ...base,
      event_type: "PhaseCompleted",
      metadata: { phase: "SHIP", next_phase: "TEST" },
    }),
  ).toThrow(/next_phase must be one of/);
});

test.each<[string, JsonObject, PreparedEvent["effect"]]>([
  [
    "OrchestrationStarted",
    { issue_summary: "x", initial_phase: "EXPLORE" },
    { kind: "open", phase: "EXPLORE" },
  ],
  ["OrchestrationCompleted", {}, { kind: "close" }],
  ["OrchestrationFailed", { failure_reason: "x" }, { kind: "close" }],
  ["OrchestrationPaused", { pause_reason: "x" }, undefined],
  ["OrchestrationResumed", {}, undefined],
  ["OrchestrationResumed", { resume_phase: "FIX" }, { kind: "phase", phase: "FIX" }],
  ["PhaseStarted", { phase: "CODE" }, { kind: "phase", phase: "CODE" }],
  ["PhaseCompleted", { phase: "CODE", next_phase: "TEST" }, { kind: "phase", phase: "TEST", ended: "CODE" }],
  ["PhaseCompleted", { phase: "CODE" }, { kind: "phase", phase: null, ended: "CODE" }],
  ["PhaseFailed", { phase: "CODE", failure_reason: "x" }, { kind: "phase-failed", phase: "CODE" }],
  ["AgentSpawned", { agent_name: "x" }, undefined],
])("%s with %j does to its run", (event_type, metadata, effect) => {
  expect(codec.prepare({ ...base, event_type, metadata }).effect).toEqual(effect);
});

test("only types with a phase field take it from the metadata", () => {
  const spawned = { ...base, event_type: "AgentSpawned", metadata: { agent_name: "x", phase: "anything" } };
  expect(codec.prepare(spawned).phase).toBeUndefined();
});

const withText = (text: string) => ({ ...base, metadata: { phase: "PLAN", text } });

test("texts that cannot fit on a line are refused, others are not", () => {
  expect(issuesOf(withText("x".repeat(MAX_LINE_BYTES)))[0]).toMatch(
    /^\$ would make a line of at least \d+ bytes/,
  );
  expect(issuesOf(withText("€".repeat(MAX_LINE_BYTES / 3)))).toHaveLength(1);
  expect(codec.prepare(withText("x".repeat(MAX_LINE_BYTES - 700))).body_json.length).toBeGreaterThan(64_000);
});

test("a long text may be a reference to a blob", () => {
  const blob = { $blob: "a".repeat(64), bytes: 100_000, media_type: "text/plain" };
  const event = { ...base, event_type: "CommentPosted", metadata: { comment_id: "1", comment_body: blob } };
  expect(rendered(codec.prepare(event))["metadata"]).toEqual(event.metadata);
  const wrong = { comment_id: "1", comment_body: { $blob: "../../etc/passwd", bytes: 1 } };
  expect(issuesOf({ ...event, metadata: wrong })).toEqual([
    "$.metadata.comment_body.$blob must be a SHA-256 digest, 64 hex digits",
  ]);
});

test("interpreted and compiled validators agree", () => {
  // the validator is compiled after some uses; both must say the same
  for (let use = 0; use < 10; use++) {
    expect(
      codec.prepare({ ...base, event_type: "GapResolved", metadata: { gap_id: "g" } }).event_version,
    ).toBe("1.0.0");
    expect(issuesOf({ ...base, event_type: "GapResolved", metadata: { gap_id: 1 } })).toEqual([
      "$.metadata.gap_id must be a string, not a number",
    ]);
  }
});

const anyEvents = fc.constantFrom(...EVENT_TYPE_NAMES).chain((event_type) =>
  fc.record(
    {
      event_type: fc.constant(event_type),
      metadata: metadataOf(event_type),
      actor: fc.record({
        type: fc.constantFrom("user", "agent", "system"),
        id: fc.string({ minLength: 1, maxLength: 64, unit: "binary" }),
      }),
      event_id: fc.uuid(),
      timestamp: isoTimes,
      session_id: fc.string({ minLength: 1, maxLength: 64, unit: "binary" }),
      causation_id: fc.uuid(),
      branch: fc.string({ minLength: 1, maxLength: 80 }),
      idempotency_key: fc.string({ minLength: 1, maxLength: 80, unit: "binary" }),
    },
    { requiredKeys: ["event_type", "metadata", "actor"] },
  ),
);

test("what is rendered and read again is what was given", () => {
  fc.assert(
    fc.property(anyEvents, (event) => {
      const prepared = codec.prepare(event);
      const line = new TextEncoder().encode(
        `{"event_id":"${prepared.event_id}","event_type":"${prepared.event_type}","event_version":"1.0.0"${prepared.actor_json}${prepared.body_json}}`,
      );
      const { event_version: _, event_id, ...read } = codec.decode(line);
      const { timestamp: __, session_id, event_id: givenId, ...given } = event;
      expect(read).toEqual(given);
      if (givenId !== undefined) expect(event_id).toBe(givenId);
      expect(prepared.session_id).toBe(session_id);
    }),
    { numRuns: 500 },
  );
});

test("every type's minimal event can be prepared again and again with the same result", () => {
  for (const event_type of EVENT_TYPE_NAMES) {
    const event = { ...base, event_id: ID, event_type, metadata: minimalMetadata(event_type) };
    expect(codec.prepare(event)).toEqual(codec.prepare(event));
  }
});
