/**
 * Adds golden lines for types and versions that are new, through the real door. Lines that are there stay.
 * Run: node test/golden/add-lines.ts
 */
import { appendFileSync } from "node:fs";

import type { Json, JsonObject } from "../../src/event/envelope.ts";
import { createCodec } from "../../src/event/codec.ts";
import { isObject } from "../../src/event/envelope-rules.ts";
import { ISO_TIME } from "../../src/event/iso-time.ts";
import { definitionOf, isStoreEventType } from "../../src/event/registry.ts";
import { fieldsOf } from "../../src/event/testdata/sample-metadata.ts";
import { openMemoryLog } from "../../src/engines/memory/memory-log.ts";
import { eventOf, linesOf, nameOf, releasedNames, STORED } from "./golden-lines.ts";

const NOW = Date.UTC(2026, 10, 24, 12);
const SHA = "4f2a9c1e8d7b6a5f4e3d2c1b0a9f8e7d6c5b4a39";

function valueOf(name: string, schema: JsonObject): Json {
  const { type, enum: values, anyOf, examples, pattern, items } = schema;
  if (Array.isArray(values)) return (values as readonly Json[]).at(-1) ?? null;
  if (Array.isArray(examples)) return "CODE";
  if (Array.isArray(anyOf)) return `a text: ${name}`;
  if (type === "string") return pattern === undefined ? `golden ${name} – “ü”` : patterned(pattern);
  if (type === "integer") return 3;
  if (type === "number") return 12.5;
  if (type === "boolean") return true;
  if (type === "array") return [valueOf(name, items !== undefined && isObject(items) ? items : {})];
  return { of: name, count: 2 };
}

const patterned = (pattern: Json): string => (pattern === ISO_TIME.source ? "2026-11-24T11:30:00Z" : SHA);

async function storedLine(type: string, number: number): Promise<string> {
  const codec = await createCodec({ defaultSessionId: "golden-session" });
  const metadata = Object.fromEntries(
    fieldsOf(type).map(({ name, schema }) => [name, valueOf(name, schema)]),
  );
  const id = `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
  const event = codec.prepare(
    {
      event_id: id,
      event_type: type,
      timestamp: "2026-11-24T11:59:59.123Z",
      issue_key: "GOLD-1",
      correlation_id: "00000000-0000-4000-8000-00000000000a",
      causation_id: "00000000-0000-4000-8000-00000000000b",
      actor: { type: "agent", id: "golden", model: "a-model" },
      ...(Object.hasOwn(metadata, "phase") ? {} : { phase: "CODE" }),
      metadata: { ...metadata, a_field_of_ones_own: [1, { deep: null }] },
      git_sha: SHA,
      branch: "main",
      codebase_state: { dirty: false },
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      idempotency_key: `golden:${type}`,
      source: { provider: "golden", delivery_id: "1", url: "https://example.org/1" },
    },
    { internal: isStoreEventType(type) },
  );
  const log = openMemoryLog({ clock: () => NOW });
  await log.append({ events: [event], expectedSequence: "any", onDuplicate: "conflict" });
  for await (const [line] of log.readAll())
    if (line !== undefined) return new TextDecoder().decode(line.bytes);
  throw new Error(`${type} was not stored`);
}

const existing = linesOf(STORED);
const there = new Set(existing.map((line) => nameOf(eventOf(line))));
let number = existing.length;
for (const name of releasedNames().filter((released) => !there.has(released))) {
  const [type = "", version] = name.split("@");
  if (definitionOf(type)?.version !== version)
    throw new Error(
      `${name} is no longer written: take its golden line from an older version of this package`,
    );
  const line = await storedLine(type, ++number);
  appendFileSync(STORED, `${line}\n`);
  console.log(`added ${name}`);
}
