import { expect, test } from "vitest";

import { NotFoundError, ValidationError } from "../errors.ts";
import type { EventLog } from "../log/event-log.ts";
import { openStore } from "../open.ts";
import type { EventStore } from "./event-store.ts";
import { voidEvent, type VoidParts } from "./void-event.ts";

const actor = { type: "user", id: "ada" } as const;

function partsOf(store: EventStore): VoidParts {
  return {
    append: (request) => (store.log as EventLog).append(request),
    getEvent: (eventId) => store.getEvent(eventId),
    queryEvents: (filter) => store.queryEvents(filter),
  };
}

async function idsOf(store: EventStore, includeVoided = false): Promise<string[]> {
  const ids: string[] = [];
  for await (const { event_id } of store.queryEvents({ eventTypes: "AgentSpawned", includeVoided }))
    ids.push(event_id);
  return ids;
}

test.each(["PROJ-1", undefined])(
  "an event of %s is void for everyone, and stays where it is",
  async (issue) => {
    await using store = await openStore({ engine: "memory" });
    const agent = {
      event_type: "AgentSpawned",
      actor,
      ...(issue === undefined ? {} : { issue_key: issue }),
    } as const;
    const wrong = await store.logEvent({ ...agent, metadata: { agent_name: "wrong" } });
    const right = await store.logEvent({ ...agent, metadata: { agent_name: "right" } });
    const done = await voidEvent(partsOf(store), wrong.event_id.toUpperCase(), { why: "twice", actor });
    expect(done).toMatchObject({
      already: false,
      event: { event_id: wrong.event_id },
      by: { why: "twice", actor },
    });
    expect(await idsOf(store)).toEqual([right.event_id]);
    expect(await idsOf(store, true)).toEqual([wrong.event_id, right.event_id]);
    const state = await store.reconstructState(issue ?? "global");
    expect(state.active_agents.map(({ agent_name }) => agent_name)).toEqual(["right"]);
    const marker = await store.getEvent(done.by.event_id);
    expect(marker).toMatchObject({
      event_type: "StoreEventVoided",
      event_sequence: 3,
      actor,
      metadata: { voided_event_id: wrong.event_id, why: "twice" },
    });
    expect(marker?.issue_key).toBe(issue);
    // Again: the first answer, and nothing is written.
    const again = await voidEvent(partsOf(store), wrong.event_id, { why: "other" });
    expect(again).toEqual({ ...done, already: true });
    expect((await store.log.head()).position).toBe(3);
  },
);

test("what cannot be voided is refused, and nothing is written", async () => {
  await using store = await openStore({ engine: "memory" });
  const parts = partsOf(store);
  const metadata = { agent_name: "a" };
  const { event_id } = await store.logEvent({
    event_type: "AgentSpawned",
    issue_key: "PROJ-1",
    actor,
    metadata,
  });
  const { by } = await voidEvent(parts, event_id, { why: "wrong" });
  expect(by.actor).toEqual({ type: "system", id: "eso" });
  await expect(voidEvent(parts, by.event_id, { why: "wrong" })).rejects.toThrow(ValidationError);
  await expect(voidEvent(parts, "5f0e6a0c-94b1-4a3e-9d0a-2f6a6f2f3c11", { why: "x" })).rejects.toThrow(
    NotFoundError,
  );
  await expect(voidEvent(parts, event_id, { why: "" })).rejects.toThrow("$.why must not be empty");
  await expect(voidEvent(parts, event_id, { why: "\ud800" })).rejects.toThrow(ValidationError);
  const nobody = { type: "user", id: "" } as const;
  await expect(voidEvent(parts, event_id, { why: "x", actor: nobody })).rejects.toThrow("$.actor.id");
  expect((await store.log.head()).position).toBe(2);
});
