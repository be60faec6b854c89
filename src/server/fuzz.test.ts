import * as fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";

import { type Delivery, PROVIDERS } from "../capture/webhook/delivery.ts";
import { mapDelivery } from "../capture/webhook/map-delivery.ts";
import {
  type Example,
  github,
  jira,
  mergeRequest,
  NOW,
  octokitExamples,
} from "../capture/webhook/payloads.fixture.ts";
import { savedPayloads, mapSaved } from "../capture/webhook/saved-payloads.ts";
import { ValidationError } from "../errors.ts";
import { openStore } from "../open.ts";
import type { EventStore } from "../store/event-store.ts";

let store: EventStore;
beforeAll(async () => {
  store = await openStore({ engine: "memory" });
});
afterAll(() => store.close());

const own: readonly Example[] = [
  { name: "opened", provider: "github", event: "pull_request", payload: github.opened() },
  { name: "merged", provider: "github", event: "pull_request", payload: github.merged() },
  { name: "push", provider: "github", event: "push", payload: github.push([github.commit()]) },
  { name: "review", provider: "github", event: "pull_request_review", payload: github.review("approved") },
  {
    name: "run",
    provider: "github",
    event: "workflow_run",
    payload: github.workflowRun("completed", "success"),
  },
  { name: "merge request", provider: "gitlab", event: undefined, payload: mergeRequest("open") },
  {
    name: "transition",
    provider: "jira",
    event: undefined,
    payload: jira.updated([{ field: "status", fromString: "a", toString: "b" }]),
  },
  { name: "comment", provider: "jira", event: undefined, payload: jira.commented() },
  { name: "worklog", provider: "jira", event: undefined, payload: jira.worklogged() },
  {
    name: "page",
    provider: "confluence",
    event: undefined,
    payload: { event: "page_created", page: { id: 1, title: "PROJ-1" } },
  },
];
const examples = [...own, ...octokitExamples()];

/** Every place in a value. */
function placesIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, inner]) => placesIn(inner, [...path, name]))];
}

function replaced(value: unknown, [name, ...rest]: readonly string[], by: unknown): unknown {
  if (name === undefined) return by;
  const copy: Record<string, unknown> = { ...(value as object) };
  copy[name] = replaced(copy[name], rest, by);
  return Array.isArray(value) ? Object.values(copy) : copy;
}

const HOSTILE_TEXTS = [
  "",
  "\ud800",
  "\u0000",
  "x".repeat(70_000),
  "\u202ePROJ-1",
  "../../etc",
  "javascript:alert(1)",
];
const HOSTILE_NUMBERS = [-1, 0, 1e300, 2 ** 53, 0.5];
const HOSTILE: readonly unknown[] = [
  ...HOSTILE_TEXTS,
  ...HOSTILE_NUMBERS,
  null,
  [],
  {},
  [[]],
  [null],
  { toString: 1 },
  { __proto__: null, length: 3 },
];

const hostile: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue(),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom<unknown>(...HOSTILE),
);

const fuzzed = fc.constantFrom(...examples).chain((example) =>
  fc
    .array(fc.tuple(fc.constantFrom(...placesIn(example.payload)), hostile), { minLength: 1, maxLength: 4 })
    .map((changes) => ({
      ...example,
      payload: changes.reduce((value, [path, by]) => {
        try {
          return replaced(value, path, by);
        } catch {
          return value;
        }
      }, example.payload),
    })),
);

function checked(delivery: Delivery): void {
  const { events, unmapped, waitsFor, learned } = mapDelivery(delivery, {});
  expect(events.length > 0 || learned.length > 0 || unmapped !== undefined || waitsFor !== undefined).toBe(
    true,
  );
  for (const { input } of events) {
    expect(input.idempotency_key).not.toContain("undefined");
    try {
      store.checkEvents([input]);
    } catch (error) {
      // Refused by the store with a reason: the delivery is kept then.
      expect(error).toBeInstanceOf(ValidationError);
    }
  }
}

it("is an event or is kept, whatever stands in a payload", () => {
  fc.assert(
    fc.property(fuzzed, ({ provider, event, payload }) => {
      const body = Buffer.from(JSON.stringify(payload) ?? "");
      checked({ provider, received_at: NOW, body, ...(event === undefined ? {} : { event }) });
    }),
    { numRuns: 1_500 },
  );
});

it("is kept, whatever bytes a body holds", () => {
  const bytes = fc.oneof(
    fc.uint8Array(),
    fc.string().map((text) => Buffer.from(text)),
    fc.json().map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...PROVIDERS),
      fc.option(fc.string(), { nil: undefined }),
      bytes,
      (provider, event, body) =>
        checked({ provider, received_at: NOW, body, ...(event === undefined ? {} : { event }) }),
    ),
    { numRuns: 1_000 },
  );
});

it("stays upright under deep nesting", () => {
  const deep = Buffer.from(`${"[".repeat(100_000)}${"]".repeat(100_000)}`);
  for (const provider of PROVIDERS) checked({ provider, received_at: NOW, body: deep });
  const body = Buffer.from(
    `{"webhookEvent":"comment_created","comment":{"id":"1","body":{"type":"doc","content":[${'{"content":['.repeat(50_000)}${"]}".repeat(50_000)}]}}}`,
  );
  checked({ provider: "jira", received_at: NOW, body });
});

it("reads saved files of any shape", () => {
  fc.assert(
    fc.property(fc.constantFrom(...PROVIDERS), hostile, (provider, value) => {
      for (const saved of savedPayloads(value)) mapSaved(saved, { provider, received_at: NOW, rules: {} });
    }),
  );
});
