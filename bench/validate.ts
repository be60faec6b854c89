/**
 * What checking an event costs, as ratios to parsing the same event, which machines of any speed share.
 * Run: node bench/validate.ts
 */
import { randomUUID } from "node:crypto";

import { createCodec } from "../src/event/codec.ts";
import { fieldKinds } from "../src/event/fields.ts";
import type { JsonObject } from "../src/event/envelope.ts";
import { checkJsonRules } from "../src/event/json-rules.ts";
import { metadataSchema, metadataValidator } from "../src/event/metadata-validator.ts";
import { definitionOf } from "../src/event/registry.ts";
import { DEFAULT_PHASES } from "../src/event/phases.ts";
import { parseStrictJson } from "../src/event/strict-json.ts";

const ROUNDS = 15;
const CALLS = 20_000;

const event = {
  event_id: randomUUID(),
  event_type: "AgentCompleted",
  timestamp: "2026-01-31T12:00:00.000Z",
  issue_key: "PROJ-123",
  session_id: randomUUID(),
  causation_id: randomUUID(),
  actor: { type: "agent", id: "code-writer", model: "claude-opus-5" },
  metadata: {
    agent_name: "code-writer",
    agent_run_id: "run-7",
    duration_seconds: 812.4,
    task_status: "done",
    outputs_created: ["src/event/codec.ts", "src/event/prepare.ts", "docs/reference/event-types.md"],
    tests_written: 12,
    tests_passed: 240,
    quality_metrics: { coverage: 0.97, complexity: 4.1 },
    commit_sha: "9f8c1d2e3b4a5968778695a4b3c2d1e0f9a8b7c6",
    next_agents: ["reviewer"],
    tokens: { input: 18234, output: 4411 },
    cost_usd: 0.42,
  },
  branch: "feature/PROJ-123-strict-door",
  idempotency_key: "agent:code-writer:run-7:completed",
};

const text = JSON.stringify(event);
const codec = await createCodec({ defaultSessionId: randomUUID() });
const definition = definitionOf(event.event_type);
if (definition === undefined) throw new Error(`${event.event_type} is not in the catalogue`);
const validator = metadataValidator(metadataSchema(definition, fieldKinds(DEFAULT_PHASES)));
const metadata: JsonObject = event.metadata;
const stored = new TextEncoder().encode(text);

const cases: Record<string, () => unknown> = {
  "JSON.parse": () => JSON.parse(text),
  "JSON.parse + JSON.stringify": () => JSON.stringify(JSON.parse(text)),
  "JSON.stringify": () => JSON.stringify(event),
  "metadata only (zod)": () => validator.accepts(metadata),
  "JSON rules only": () => checkJsonRules(event),
  "prepare (checks and renders)": () => codec.prepare(event),
  "strict parse": () => parseStrictJson(text),
  decode: () => codec.decode(stored),
};

const best = new Map<string, number>();
let kept: unknown;
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, call] of Object.entries(cases)) {
    const start = performance.now();
    for (let i = 0; i < CALLS; i++) kept = call();
    const micros = ((performance.now() - start) * 1_000) / CALLS;
    best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, micros));
  }
}
if (kept === undefined) throw new Error("nothing was measured");

const micros = (name: string): number => best.get(name) ?? Number.NaN;
const parse = micros("JSON.parse");
console.log(`event of ${text.length} bytes; best of ${ROUNDS} rounds of ${CALLS} calls`);
for (const [name, value] of best) {
  console.log(
    `${name.padEnd(30)} ${value.toFixed(2).padStart(6)} µs  ${(value / parse).toFixed(2)} × JSON.parse`,
  );
}
const checks = micros("prepare (checks and renders)") - micros("JSON.stringify");
console.log(
  `\nvalidation (prepare without rendering) / JSON.parse          ${(checks / parse).toFixed(2)}  (bar: 2.00)`,
);
const both = micros("JSON.parse + JSON.stringify");
console.log(
  `prepare / (JSON.parse + JSON.stringify)                       ${(micros("prepare (checks and renders)") / both).toFixed(2)}`,
);
