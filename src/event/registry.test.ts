import { describe, expect, test } from "vitest";

import { createCodec } from "./codec.ts";
import type { Actor, JsonObject, StoredEvent } from "./envelope.ts";
import { ValidationError } from "../errors.ts";
import {
  type AnyEvent,
  EVENT_FAMILIES,
  EVENT_TYPE_NAMES,
  EVENT_TYPES,
  type EventOf,
  type InputOf,
  isEventOf,
  knownEvent,
  STORE_EVENT_TYPES,
} from "./registry.ts";
import { contractTable } from "./testdata/contract-table.ts";
import { fieldsOf, minimalMetadata, mistyped, validValue } from "./testdata/sample-metadata.ts";

const codec = await createCodec({ defaultSessionId: "session" });
const actor: Actor = { type: "agent", id: "code-writer" };
const contract = contractTable();

const input = (event_type: string, metadata: JsonObject) => ({
  event_type,
  issue_key: "PROJ-1",
  actor,
  metadata,
});

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);

function issuesOf(call: () => unknown): readonly string[] {
  try {
    call();
  } catch (error) {
    if (error instanceof ValidationError) return error.issues.map(({ path }) => path);
    throw error;
  }
  return [];
}

test("the catalogue is the contract's table, in its order", () => {
  expect(EVENT_TYPE_NAMES).toEqual([...contract.keys()]);
  expect(EVENT_TYPE_NAMES).toHaveLength(39);
  expect(Object.keys(EVENT_TYPES)).toHaveLength(39);
});

test("every definition stands under its own name", () => {
  const families = Object.values(EVENT_FAMILIES).flatMap((family) => Object.entries(family));
  for (const [name, definition] of [...families, ...Object.entries(STORE_EVENT_TYPES)]) {
    expect(definition.type).toBe(name);
  }
});

describe.each(EVENT_TYPE_NAMES)("%s", (type) => {
  test("has the contract's fields, required and kinds alike", () => {
    const fields = fieldsOf(type).filter(({ name }) => name !== "related_issue_keys");
    const described = fields.map(({ name, required, schema }) => {
      const kind = schema["type"] === "array" || schema["type"] === "object" ? schema["type"] : "plain";
      return { name, required, kind };
    });
    expect(described.sort(byName)).toEqual([...(contract.get(type) ?? [])].sort(byName));
  });

  test("accepts its required fields alone and with all others", () => {
    expect(codec.prepare(input(type, minimalMetadata(type))).event_type).toBe(type);
    const all = Object.fromEntries(fieldsOf(type).map((field) => [field.name, validValue(field)]));
    expect(codec.prepare(input(type, all)).body_json).toContain(`,"metadata":${JSON.stringify(all)}`);
  });

  test("names each missing required field", () => {
    for (const { name, required } of fieldsOf(type)) {
      if (!required) continue;
      const { [name]: _, ...rest } = minimalMetadata(type);
      expect(issuesOf(() => codec.prepare(input(type, rest)))).toEqual([`$.metadata.${name}`]);
    }
  });

  test("names each mistyped field", () => {
    for (const field of fieldsOf(type)) {
      for (const wrong of [mistyped(field), null, [[]]]) {
        const metadata = { ...minimalMetadata(type), [field.name]: wrong };
        const [path] = issuesOf(() => codec.prepare(input(type, metadata)));
        expect(path?.replace(/\[0\]$/, "")).toBe(`$.metadata.${field.name}`);
      }
    }
  });
});

test("kinds follow from the fields' names, as the contract says", () => {
  const kinds = new Map<string, Set<string>>();
  for (const type of EVENT_TYPE_NAMES) {
    for (const { name, schema } of fieldsOf(type)) {
      const kind = name.endsWith("_at") || name.endsWith("_time") || name === "started" ? "time" : "other";
      const isTime = typeof schema["pattern"] === "string" && schema["pattern"].includes("T(?:");
      expect(isTime, `${type}.${name}`).toBe(kind === "time");
      const isNumber = schema["type"] === "number" || schema["type"] === "integer";
      if (/_(?:seconds|minutes|hours|count|score|usd|number|sequence)$|^total_/.test(name)) {
        expect(isNumber, `${type}.${name}`).toBe(true);
      }
      const seen = kinds.get(name) ?? new Set<string>();
      kinds.set(name, seen.add(JSON.stringify([schema["type"], schema["pattern"]])));
    }
  }
  const ambiguous = [...kinds].filter(([, seen]) => seen.size > 1).map(([name]) => name);
  expect(ambiguous).toEqual([]);
});

const why = (event: EventOf<"AgentFailed">): string => event.metadata.failure_reason;

const number = (event: AnyEvent): number | undefined => {
  switch (event.event_type) {
    case "PRMerged":
      return event.metadata.pr_number;
    case "AgentFailed":
      return why(event).length;
    default:
      return undefined;
  }
};

test("a type's metadata is typed when read and when written", () => {
  const written: InputOf<"AgentFailed"> = {
    event_type: "AgentFailed",
    actor,
    metadata: { agent_name: "a", failure_reason: "tests red", own_field: [1, 2] },
  };
  expect(codec.prepare(written).event_type).toBe("AgentFailed");
  const line = { ...written, event_type: "AgentFailed" as const, event_version: "1.0.0" };
  const stored = {
    ...line,
    event_id: "e",
    timestamp: "t",
    event_sequence: 1,
    session_id: "s",
    recorded_at: "t",
    position: 1,
    prev_hash: "",
    metadata: { agent_name: "a", failure_reason: "tests red" },
  };
  expect(number(stored)).toBe("tests red".length);
  expect(isEventOf(stored, "PRMerged")).toBe(false);
});

const stored = (event_version: string) =>
  ({ event_type: "AgentFailed", event_version, metadata: { agent_name: "a" } }) as unknown as StoredEvent;

test("an event is of a type only in a version whose shape is known", () => {
  for (const version of ["1.0.0", "1.0.7", "1.4.0", "0.9.0"]) {
    expect(isEventOf(stored(version), "AgentFailed")).toBe(true);
    expect(knownEvent(stored(version))).toEqual(stored(version));
  }
  for (const version of ["2.0.0", "10.0.0", "", "one"]) {
    expect(isEventOf(stored(version), "AgentFailed")).toBe(false);
    expect(knownEvent(stored(version))).toBeUndefined();
  }
  expect(knownEvent({ ...stored("1.0.0"), event_type: "constructor" })).toBeUndefined();
});
