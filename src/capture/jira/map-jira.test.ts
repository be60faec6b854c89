import { describe, expect, it } from "vitest";

import { around, jira } from "../webhook/payloads.fixture.ts";
import { documentText } from "./document-text.ts";
import { jiraRecord } from "./issue-record.ts";
import { mapJira } from "./map-jira.ts";

const map = (payload: unknown, rules = {}) => mapJira(payload, around("jira", rules));
const only = (payload: unknown, rules = {}) => {
  const { events, unmapped } = map(payload, rules);
  expect(events, unmapped ?? "").toHaveLength(1);
  return events[0]!.input;
};
const moved = { field: "status", fieldId: "status", fromString: "To Do", toString: "In Progress" };

const by = (user: object, rules = {}) => only(jira.updated([moved], { user }), rules);
const paragraph = (text: string) => ({ type: "paragraph", content: [{ type: "text", text }] });
const issueOf = (host: string, id: string) => (host === jira.host && id === "10012" ? "PROJ-12" : undefined);

describe("changes of status", () => {
  it("are transitions of the issue that the payload names", () => {
    const labels = { field: "labels", fromString: "", toString: "x" };
    expect(only(jira.updated([labels, moved]))).toEqual({
      event_type: "IssueTransitioned",
      timestamp: new Date(1_795_511_400_000).toISOString(),
      issue_key: "PROJ-12",
      actor: { type: "user", id: "acc-1" },
      metadata: {
        from_status: "To Do",
        to_status: "In Progress",
        transition_trigger: "webhook",
        automated: false,
      },
      idempotency_key: "jira:acme.atlassian.net:changelog:20001:1",
      source: { provider: "jira", delivery_id: "d-1", url: "https://acme.atlassian.net/browse/PROJ-12" },
    });
  });

  it("are automated when an app or a known bot made them", () => {
    expect(by({ accountId: "a", accountType: "app" })).toMatchObject({
      actor: { type: "system" },
      metadata: { automated: true },
    });
    expect(by({ accountId: "a" }, { bots: ["a"] }).actor.type).toBe("system");
    expect(by({ name: "jdoe", key: "JIRAUSER1" }).actor).toEqual({ type: "user", id: "jdoe" });
  });

  it("need a status to come to: every object has a toString", () => {
    const { toString: _none, ...without } = moved;
    const { events, unmapped } = map(jira.updated([without]));
    expect(events).toEqual([]);
    expect(unmapped).toBe("no event is made of this jira:issue_updated");
  });
});

describe("comments", () => {
  it("are the same fact in Cloud and Data Center", () => {
    const cloud = only(jira.commented());
    expect(cloud).toMatchObject({
      event_type: "CommentPosted",
      timestamp: "2026-11-24T08:30:00.000Z",
      issue_key: "PROJ-12",
      idempotency_key: "jira:acme.atlassian.net:comment:300",
      metadata: {
        comment_id: "300",
        posted_by: "acc-1",
        comment_body: "Done on staging.",
        visibility: "public",
      },
    });
    const center = { ...jira.updated([]), issue_event_type_name: "issue_commented", comment: jira.comment() };
    expect(only(center)).toEqual({ ...cloud });
  });

  it("keep the text of restricted ones out of the record", () => {
    for (const more of [{ visibility: { type: "role", value: "Admins" } }, { jsdPublic: false }]) {
      const { metadata } = only(jira.commented(more));
      expect(metadata).toMatchObject({ visibility: "restricted" });
      expect(metadata).not.toHaveProperty("comment_body");
    }
  });

  it("may be documents, of any depth", () => {
    const body = { type: "doc", version: 1, content: [paragraph("one"), paragraph("two")] };
    expect(only(jira.commented({ body })).metadata).toMatchObject({ comment_body: "one\ntwo" });
    let deep: object = { type: "text", text: "end" };
    for (let level = 0; level < 5_000; level += 1) deep = { type: "panel", content: [deep] };
    expect(documentText({ type: "doc", content: [deep] })).toBe("end");
  });
});

describe("worklogs", () => {
  it("wait for their issue when only its number is told", () => {
    const { events, waitsFor } = map(jira.worklogged());
    expect(events).toEqual([]);
    expect(waitsFor).toEqual({ host: "acme.atlassian.net", id: "10012" });
    expect(only(jira.worklogged(), { issueOf })).toMatchObject({
      event_type: "WorklogAdded",
      issue_key: "PROJ-12",
      timestamp: "2026-11-24T09:30:00.000Z",
      idempotency_key: "jira:acme.atlassian.net:worklog:400",
      metadata: {
        time_spent_seconds: 5_400,
        time_spent_human: "1h 30m",
        started: "2026-11-24T07:30:00.000Z",
        author: "acc-1",
      },
    });
  });

  it("are told by Data Center as a change of the sum", () => {
    const items = [
      { field: "timespent", from: "3600", to: "9000" },
      { field: "WorklogId", from: null, to: "400" },
    ];
    const payload = { ...jira.updated(items), webhookEvent: "jira:worklog_updated" };
    expect(only(payload)).toMatchObject({
      event_type: "WorklogAdded",
      idempotency_key: "jira:acme.atlassian.net:worklog:400",
      metadata: { time_spent_seconds: 5_400 },
    });
    const changed = [items[0], { field: "WorklogId", from: "400", to: "400" }];
    expect(map({ ...payload, changelog: { id: "1", items: changed } }).events).toEqual([]);
  });
});

it("learns issues by their number", () => {
  expect(map(jira.created())).toEqual({
    events: [],
    learned: [
      {
        host: "acme.atlassian.net",
        id: "10012",
        key: "PROJ-12",
        summary: "Log in by link",
        type: "Story",
        priority: "High",
        status: "To Do",
        labels: ["auth"],
        components: ["login"],
      },
    ],
  });
});

it("finds the same facts in an export as in webhooks", () => {
  const record = jira.issue({
    fields: { comment: { comments: [jira.comment()] }, worklog: { worklogs: [jira.worklog()] } },
    changelog: {
      histories: [
        {
          id: "20001",
          created: "2026-11-24T09:10:00.000+0000",
          author: { accountId: "acc-1" },
          items: [moved],
        },
      ],
    },
  });
  const exported = jiraRecord(record as never, around("jira")).events.map(
    ({ input }) => input.idempotency_key,
  );
  const rules = { issueOf: () => "PROJ-12" };
  const told = [jira.updated([moved]), jira.commented(), jira.worklogged()].flatMap(
    (payload) => map(payload, rules).events,
  );
  expect(new Set(exported)).toEqual(new Set(told.map(({ input }) => input.idempotency_key)));
});
