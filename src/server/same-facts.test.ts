import { describe, expect, it } from "vitest";

import { gitEvents } from "../capture/git-import.ts";
import { naturalKey } from "../capture/natural-keys.ts";
import { recordedPullRequest } from "../capture/github/pull-request-events.ts";
import { TestRepository } from "../capture/test-repository.ts";
import type { Delivery } from "../capture/webhook/delivery.ts";
import { mapDelivery } from "../capture/webhook/map-delivery.ts";
import { around, github, NOW } from "../capture/webhook/payloads.fixture.ts";
import type { MappedEvent } from "../capture/webhook/mapping.ts";
import type { EventInput } from "../event/envelope.ts";
import { openStore } from "../open.ts";
import { pointOf } from "../store/moment.ts";
import { logMapped } from "./log-mapped.ts";

/** Every order of the items. */
function orders<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, at) => orders(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}

function webhook(event: string, payload: unknown): readonly MappedEvent[] {
  const delivery: Delivery = {
    provider: "github",
    event,
    received_at: NOW,
    body: Buffer.from(JSON.stringify(payload)),
  };
  return mapDelivery(delivery, {}).events;
}

/** What a session's hooks and transcript tell of the same work: less, and at their own time. */
function sessionSightings(sha: string, merged: boolean): EventInput[] {
  const own = { actor: { type: "agent", id: "claude" }, issue_key: "PROJ-12", session_id: "s-1" } as const;
  const repo = "acme/shop";
  const created: EventInput = {
    ...own,
    event_type: "PRCreated",
    timestamp: "2026-11-24T09:00:03.000Z",
    metadata: { pr_number: 7, repo, pr_url: "https://github.com/acme/shop/pull/7", tool_use_id: "t-2" },
    idempotency_key: naturalKey.pullRequest(repo, 7, "created"),
  };
  return [
    {
      ...own,
      event_type: "CommitCreated",
      timestamp: "2026-07-01T12:00:01.000Z",
      metadata: {
        commit_sha: sha,
        commit_message: "PROJ-12: log in by link",
        agent_author: "claude",
        tool_use_id: "t-1",
      },
      idempotency_key: naturalKey.commit(sha),
    },
    created,
    ...(merged
      ? [
          {
            ...created,
            event_type: "PRMerged",
            timestamp: "2026-11-24T11:30:05.000Z",
            metadata: { pr_number: 7, repo, merge_method: "squash" },
            idempotency_key: naturalKey.pullRequest(repo, 7, "merged"),
          },
        ]
      : []),
  ];
}

const asMapped = (inputs: readonly EventInput[]): MappedEvent[] => inputs.map((input) => ({ input }));

/** What is left of a state when the moments of its sightings do not count. */
function told(state: object): unknown {
  const whenSeen = new Set(["last_sequence", "last_timestamp", "timestamp", "created_at", "merged_at"]);
  return JSON.parse(
    JSON.stringify(state, (name, value: unknown) => (whenSeen.has(name) ? undefined : value)),
  );
}

async function outcomeOf(sightings: readonly (readonly MappedEvent[])[]) {
  await using store = await openStore({ engine: "memory" });
  await store.logEvent({
    event_type: "OrchestrationStarted",
    event_id: "0e6f1a52-5d0f-4c3e-9a37-5f4d7e5a9b11",
    issue_key: "PROJ-12",
    session_id: "s-1",
    timestamp: "2026-07-01T11:00:00.000Z",
    actor: { type: "agent", id: "claude" },
    metadata: { issue_summary: "Log in by link", initial_phase: "EXPLORE" },
  });
  for (const sighting of sightings) await logMapped(store, sighting);
  const facts: string[] = [];
  const known: Record<string, string[]> = {};
  for await (const { event_type, idempotency_key = "", issue_key } of store.queryEvents()) {
    if (event_type !== "StoreFactSeen" && event_type !== "OrchestrationStarted")
      facts.push(`${issue_key} ${event_type} ${idempotency_key}`);
  }
  for await (const event of store.history.events("PROJ-12", pointOf(undefined)))
    if (event.event_type !== "StoreFactSeen") known[event.event_type] = Object.keys(event.metadata).sort();
  return { facts: facts.sort(), known, state: told(await store.reconstructState("PROJ-12")) };
}

describe("a pull request that four sources tell of", () => {
  it("is the same facts and the same state in all 24 orders", async () => {
    using repository = new TestRepository();
    repository.write("app.ts", "1\n");
    const sha = repository.commit("PROJ-12: log in by link");
    const git: EventInput[] = [];
    for await (const events of gitEvents(repository.path, { repo: "acme/shop" })) git.push(...events);
    const commit = github.commit({
      id: sha,
      timestamp: "2026-07-01T12:00:00Z",
      added: ["app.ts"],
      modified: [],
    });
    const sources = {
      git: asMapped(git),
      hooks: asMapped(sessionSightings(sha, true)),
      webhooks: [
        ...webhook("push", github.push([commit])),
        ...webhook("pull_request", github.opened()),
        ...webhook("pull_request", github.merged()),
      ],
      record: recordedPullRequest(github.merged().pull_request, around("github")).events,
    };
    const all = await Promise.all(orders(Object.values(sources)).map(outcomeOf));
    expect(all).toHaveLength(24);
    const [first] = all;
    expect(first?.facts).toEqual([
      `PROJ-12 CommitCreated commit:${sha}`,
      "PROJ-12 PRCreated pr:acme/shop:7:created",
      "PROJ-12 PRMerged pr:acme/shop:7:merged",
    ]);
    // What only one of them knows is in the record, whoever came first.
    expect(first?.known["PRMerged"]).toEqual(
      expect.arrayContaining(["merge_method", "merged_by", "merged_commit_sha"]),
    );
    expect(first?.known["CommitCreated"]).toEqual(
      expect.arrayContaining(["insertions", "tool_use_id", "files_changed"]),
    );
    for (const other of all) expect(other).toEqual(first);
  });

  it("is not closed by a merge, nor merged by a closing", async () => {
    const { facts } = await outcomeOf([
      webhook("pull_request", github.opened()),
      webhook("pull_request", github.closed()),
    ]);
    expect(facts.map((fact) => fact.split(" ")[1])).toEqual(["PRClosed", "PRCreated"]);
    const merged = await outcomeOf([webhook("pull_request", github.merged())]);
    expect(merged.state).toMatchObject({ prs: [{ number: 7, status: "merged" }] });
  });
});
