import { expect, it } from "vitest";

import { around } from "../webhook/payloads.fixture.ts";
import { mapConfluence } from "./map-confluence.ts";

const map = (payload: unknown, rules = {}) => mapConfluence(payload, undefined, around("confluence", rules));

it("maps pages of Cloud, with the issue that their title names", () => {
  const page = {
    id: 123,
    title: "PROJ-12: how login works",
    spaceKey: "DEV",
    version: 1,
    self: "https://acme.atlassian.net/wiki/spaces/DEV/pages/123",
    creationDate: 1_795_510_000_000,
  };
  const payload = { event: "page_created", userAccountId: "acc-1", accountType: "customer", page };
  expect(map(payload).events[0]?.input).toEqual({
    event_type: "ConfluencePageCreated",
    timestamp: new Date(1_795_510_000_000).toISOString(),
    issue_key: "PROJ-12",
    actor: { type: "user", id: "acc-1" },
    metadata: {
      page_id: "123",
      page_url: page.self,
      page_title: page.title,
      space_key: "DEV",
      created_by: "acc-1",
    },
    idempotency_key: "confluence:acme.atlassian.net:page:123",
    source: { provider: "confluence", delivery_id: "d-1", url: page.self },
  });
});

it("maps pages of Data Center, which say little", () => {
  const payload = {
    timestamp: 1_778_071_365_412,
    event: "page_created",
    userKey: "abc123",
    page: { id: 123_456 },
  };
  expect(map(payload, { confluenceHost: "wiki.acme.example" }).events[0]?.input).toMatchObject({
    idempotency_key: "confluence:wiki.acme.example:page:123456",
    metadata: { page_id: "123456", created_by: "abc123" },
  });
});

it("says why nothing is made of the rest", () => {
  expect(map({ event: "page_removed", page: { id: 1 } }).unmapped).toBe("no event is made of page_removed");
  expect(map({ event: "page_created" }).unmapped).toBe("the page has no id");
});
