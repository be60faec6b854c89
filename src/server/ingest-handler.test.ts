import { request } from "node:http";
import { once } from "node:events";
import { connect } from "node:net";

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import {
  github,
  hasSamples,
  jira,
  mergeRequest,
  octokitExamples,
  sampleExamples,
} from "../capture/webhook/payloads.fixture.ts";
import { ConfigError } from "../errors.ts";
import { openStore } from "../open.ts";
import { ingestHandler } from "./ingest-handler.ts";
import { SECRET, signed, TestReceiver } from "./receiver.fixture.ts";

const opened = github.opened();
const body = JSON.stringify(opened);

describe("a delivery", () => {
  it("is answered when it is on disk, and becomes events", async () => {
    await using receiver = await TestReceiver.open();
    const response = await receiver.github("pull_request", opened, { "x-github-delivery": "d-1" });
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ status: "accepted" });
    await receiver.ingest.drain();
    expect(await receiver.facts()).toEqual(["PROJ-12 PRCreated pr:acme/shop:7:created"]);
    expect(receiver.reports).toMatchObject([
      { provider: "github", event: "pull_request", delivery_id: "d-1", outcome: "recorded" },
    ]);
    expect(await receiver.ingest.figures()).toEqual({ waiting: 0, parked: 0, quarantined: 0 });
  });

  it("is one fact, however often and under whatever id it comes", async () => {
    await using receiver = await TestReceiver.open();
    for (const id of ["a", "a", "b", "c"]) {
      expect((await receiver.github("pull_request", opened, { "x-github-delivery": id })).status).toBe(202);
    }
    await receiver.ingest.drain();
    expect(await receiver.facts()).toHaveLength(1);
  });

  it("may come as a form, as GitHub does by default", async () => {
    await using receiver = await TestReceiver.open();
    const form = new URLSearchParams({ payload: body }).toString();
    const headers = { "content-type": "application/x-www-form-urlencoded", ...signed(form) };
    expect((await receiver.github("pull_request", form, headers)).status).toBe(202);
    await receiver.ingest.drain();
    expect(await receiver.facts()).toHaveLength(1);
  });

  it("is kept when no event is made of it, once for the same body", async () => {
    await using receiver = await TestReceiver.open();
    for (const id of ["a", "b"])
      await receiver.github("star", { action: "created" }, { "x-github-delivery": id });
    await receiver.post("github", "not json", { "x-github-event": "push" });
    await receiver.ingest.drain();
    expect(await receiver.facts()).toEqual([]);
    const kept = receiver.filesIn("quarantine", "webhooks").map((text) => JSON.parse(text) as object);
    expect(kept).toHaveLength(2);
    expect(kept).toContainEqual(
      expect.objectContaining({
        why: "no event is made of star.created",
        provider: "github",
        body: '{"action":"created"}',
      }),
    );
    expect(kept).toContainEqual(expect.objectContaining({ why: "the body is not JSON", body: "not json" }));
  });

  it("that the store refuses is kept beside those that it takes", async () => {
    await using receiver = await TestReceiver.open();
    const issue = jira.issue({ key: "lower-1" });
    await receiver.post("jira", { ...jira.commented(), issue });
    await receiver.ingest.drain();
    expect(receiver.reports).toMatchObject([{ outcome: "quarantined" }]);
    expect(receiver.filesIn("quarantine", "webhooks")).toHaveLength(1);
  });

  it("waits for its issue when it names it by number only", async () => {
    await using receiver = await TestReceiver.open();
    await receiver.post("jira", jira.worklogged());
    await receiver.ingest.drain();
    expect(await receiver.ingest.figures()).toEqual({ waiting: 0, parked: 1, quarantined: 0 });
    await receiver.post("jira", jira.created());
    await receiver.ingest.drain();
    expect(await receiver.facts()).toEqual(["PROJ-12 WorklogAdded jira:acme.atlassian.net:worklog:400"]);
    expect(await receiver.ingest.figures()).toEqual({ waiting: 0, parked: 0, quarantined: 0 });
  });

  it("goes to the issue of its pull request or commit when it names none", async () => {
    await using receiver = await TestReceiver.open();
    await receiver.github("pull_request", opened);
    await receiver.github("push", github.push([github.commit()]));
    await receiver.github("issue_comment", github.comment());
    await receiver.github("check_run", github.checkRun());
    await receiver.ingest.drain();
    expect((await receiver.facts()).map((fact) => fact.split(" ")[0])).toEqual(Array(4).fill("PROJ-12"));
  });

  it("belongs to the run that is open on its issue", async () => {
    await using receiver = await TestReceiver.open();
    const run = await receiver.store.logEvent({
      event_type: "OrchestrationStarted",
      issue_key: "PROJ-12",
      session_id: "s-1",
      actor: { type: "agent", id: "lead" },
      metadata: { issue_summary: "Log in by link", initial_phase: "EXPLORE" },
    });
    await receiver.github("pull_request", opened);
    await receiver.ingest.drain();
    const { events } = await receiver.store.queryPage({ eventTypes: "PRCreated" });
    expect(events).toMatchObject([{ session_id: "s-1", correlation_id: run.event_id }]);
  });

  it("that an earlier process took is recorded by a later one", async () => {
    await using receiver = await TestReceiver.open();
    await using closed = await openStore({ engine: "memory" });
    await closed.close();
    const errors: unknown[] = [];
    const path = `${receiver.folder}/store`;
    const dying = ingestHandler(closed, {
      path,
      secrets: { github: [SECRET] },
      onError: (error) => errors.push(error),
    });
    const headers = { "x-github-event": "pull_request", ...signed(body) };
    const response = await dying(new Request("http://localhost/github", { method: "POST", body, headers }));
    expect(response.status).toBe(202);
    await expect(dying.drain()).rejects.toThrow();
    dying.close();
    expect(errors.length).toBeGreaterThan(0);
    await receiver.ingest.drain();
    expect(await receiver.facts()).toEqual(["PROJ-12 PRCreated pr:acme/shop:7:created"]);
  });
});

describe("who may deliver", () => {
  it("is whoever knows the secret; everybody else gets the same answer", async () => {
    await using receiver = await TestReceiver.open();
    const sha1 = { "x-hub-signature-256": "sha1=0d1f" };
    const wrong = [
      { "x-hub-signature-256": "" },
      sha1,
      { "x-hub-signature-256": signed(body, "guess")["x-hub-signature-256"] ?? "" },
      { "x-hub-signature-256": signed(` ${body}`)["x-hub-signature-256"] ?? "" },
    ];
    const answers = new Set<string>();
    for (const headers of wrong) {
      const response = await receiver.github("pull_request", opened, headers);
      answers.add(
        `${response.status} ${await response.text()} ${JSON.stringify([...response.headers].filter(([name]) => name !== "date"))}`,
      );
    }
    expect([...answers]).toHaveLength(1);
    expect([...answers][0]).toMatch(/^401 /);
    expect(await receiver.ingest.figures()).toEqual({ waiting: 0, parked: 0, quarantined: 0 });
  });

  it("changes while deliveries come, without a gap", async () => {
    let secrets = ["old"];
    await using receiver = await TestReceiver.open({ secrets: { github: () => secrets } });
    const status = async (secret: string) =>
      (await receiver.github("ping", opened, signed(body, secret))).status;
    expect([await status("old"), await status("new")]).toEqual([202, 401]);
    secrets = ["new", "old"];
    expect([await status("old"), await status("new")]).toEqual([202, 202]);
    secrets = ["new"];
    expect([await status("old"), await status("new")]).toEqual([401, 202]);
    secrets = [];
    expect([await status(""), await status("new")]).toEqual([401, 401]);
  });

  it("is nobody without a secret, unless that is asked for", async () => {
    await using store = await openStore({ engine: "memory" });
    expect(() => ingestHandler(store, { path: "x", secrets: {} })).toThrow(ConfigError);
    expect(() => ingestHandler(store, { path: "x", secrets: { github: [""] } })).toThrow(ConfigError);
    await using receiver = await TestReceiver.open({ secrets: { github: [SECRET] }, insecure: ["jira"] });
    expect((await receiver.post("gitlab", {})).status).toBe(404);
    expect((await receiver.post("jira", jira.commented())).status).toBe(202);
    // A page in a browser may post forms and plain text without asking.
    expect((await receiver.post("jira", jira.commented(), { "content-type": "text/plain" })).status).toBe(
      415,
    );
    expect((await receiver.github("push", opened, { "x-hub-signature-256": "" })).status).toBe(401);
  });
});

describe("what is answered", () => {
  it("to the wrong paths and methods", async () => {
    await using receiver = await TestReceiver.open();
    expect((await receiver.post("", {})).status).toBe(404);
    expect((await receiver.post("admin", {})).status).toBe(404);
    expect((await fetch(`${receiver.address}/github`)).status).toBe(405);
    expect((await receiver.post("hooks/github", opened, { "x-github-event": "ping" })).status).toBe(202);
    expect((await receiver.post("github", opened, { "content-encoding": "gzip" })).status).toBe(415);
  });

  it("to calls by a name that is not its own", async () => {
    await using receiver = await TestReceiver.open({ hosts: ["hooks.acme.example"] });
    const status = async (host: string): Promise<number | undefined> => {
      const sent = request({
        host: "127.0.0.1",
        port: receiver.server.port,
        path: "/github",
        method: "POST",
      });
      sent.setHeader("host", host);
      for (const [name, value] of Object.entries(signed(body))) sent.setHeader(name, value);
      sent.end(body);
      const [response] = (await once(sent, "response")) as [import("node:http").IncomingMessage];
      response.resume();
      return response.statusCode;
    };
    expect(await status("hooks.acme.example")).toBe(202);
    expect(await status("HOOKS.acme.example:443")).toBe(202);
    for (const host of ["evil.example", "hooks.acme.example.evil.example", "127.0.0.1", "localhost"])
      expect(await status(host), host).toBe(403);
  });

  it("to pages of a browser", async () => {
    await using receiver = await TestReceiver.open();
    for (const origin of ["https://evil.example", "null"])
      expect((await receiver.github("push", opened, { origin })).status).toBe(403);
  });

  it("to bodies that are too long, said or not", async () => {
    await using receiver = await TestReceiver.open({ maxBodyBytes: 1_000 });
    const long = "x".repeat(1_001);
    expect((await receiver.post("github", long)).status).toBe(413);
    const stream = new Blob([long]).stream();
    const chunked = { method: "POST", body: stream, headers: signed(long), duplex: "half" } as RequestInit;
    expect((await fetch(`${receiver.address}/github`, chunked)).status).toBe(413);
    // Sent while it is refused: the answer arrives all the same.
    expect((await receiver.post("github", "x".repeat(3_000_000))).status).toBe(413);
    const just = "x".repeat(1_000);
    expect((await receiver.post("github", just)).status).toBe(202);
  });

  it("to what is no request at all: nothing that stops the receiver", async () => {
    await using receiver = await TestReceiver.open();
    const answer = async (text: string): Promise<string> => {
      const socket = connect(receiver.server.port, "127.0.0.1").setEncoding("utf8");
      let got = "";
      socket.on("data", (part: string) => (got += part)).on("error", () => undefined);
      socket.end(text);
      await once(socket, "close");
      return got.slice(0, 12);
    };
    const host = "Host: localhost";
    expect(await answer(`POST /github HTTP/1.1\r\n${host}\r\nContent-Length: 5\r\n\r\nab`)).toMatch(
      /^$|HTTP\/1\.1 400/,
    );
    expect(await answer("nonsense\r\n\r\n")).toBe("HTTP/1.1 400");
    expect(await answer(`POST http://[ HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`)).toBe(
      "HTTP/1.1 400",
    );
    expect(await answer(`TRACE /github HTTP/1.1\r\n${host}\r\nConnection: close\r\n\r\n`)).toMatch(
      /HTTP\/1\.1 40[05]/,
    );
    expect(await answer(`POST /github HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n`)).toBe(
      "HTTP/1.1 400",
    );
    expect((await receiver.github("pull_request", opened)).status).toBe(202);
  });
});

it("loses none of octokit's examples", async () => {
  await using receiver = await TestReceiver.open();
  const examples = octokitExamples();
  const left = [...examples.entries()];
  const send = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const [at, { event, payload }] = next;
      const { status } = await receiver.github(event ?? "", payload, { "x-github-delivery": String(at) });
      expect(status).toBe(202);
    }
  };
  await Promise.all(Array.from({ length: 20 }, send));
  await receiver.ingest.drain();
  expect(receiver.reports).toHaveLength(examples.length);
  expect(receiver.errors).toEqual([]);
  const recorded = receiver.reports.filter(({ outcome }) => outcome === "recorded").length;
  const kept = receiver.reports.filter(({ outcome }) => outcome === "quarantined").length;
  expect(recorded + kept).toBe(examples.length);
  expect(recorded).toBeGreaterThan(40);
  // Examples that are alike are kept once.
  const bodies = new Set(examples.map(({ payload }) => JSON.stringify(payload)));
  expect((await receiver.ingest.figures()).quarantined).toBeLessThanOrEqual(bodies.size);
});

it.skipIf(!hasSamples)("loses none of the samples (skipped where ../shared/samples is absent)", async () => {
  await using receiver = await TestReceiver.open();
  const outcomes: Record<string, string> = {};
  for (const { name, provider, event, payload } of sampleExamples()) {
    const headers = event === undefined ? {} : { "x-github-event": event };
    expect((await receiver.post(provider, payload, headers)).status).toBe(202);
    await receiver.ingest.drain();
    const { outcome, logged } = receiver.reports.at(-1)!;
    outcomes[name] = [outcome, ...logged.map(({ event_type }) => event_type)].join(" ");
  }
  expect(outcomes).toEqual({
    "octokit-check_run.completed.json": "recorded QualityCheckFailed",
    "octokit-pull_request.closed.json": "recorded PRClosed",
    "octokit-pull_request.opened.json": "recorded PRCreated",
    "octokit-pull_request_review.submitted.json": "quarantined",
    "octokit-push.json": "recorded CommitCreated",
    "octokit-workflow_run.completed.json": "recorded TestRunCompleted",
    "mattermost-webhook-cloud-comment-created.json": "recorded CommentPosted",
    "mattermost-webhook-issue-created.json": "noted",
    "mattermost-webhook-issue-updated-started-working.json": "recorded IssueTransitioned",
    "zulip-worklog_created.json": "parked",
    "zulip-page_created.json": "recorded ConfluencePageCreated",
  });
});

it("survives whatever is posted", async () => {
  await using receiver = await TestReceiver.open();
  const provider = fc.constantFrom("github", "gitlab", "jira", "confluence");
  const event = fc.constantFrom(
    "push",
    "pull_request",
    "check_run",
    "ping",
    "__proto__",
    "constructor",
    "x".repeat(5_000),
  );
  const payload = fc.oneof(
    fc.json(),
    fc.string(),
    fc
      .constantFrom(opened, jira.worklogged(), mergeRequest("open"))
      .map((one) => JSON.stringify(one).slice(0, 300)),
  );
  await fc.assert(
    fc.asyncProperty(provider, event, payload, async (to, name, text) => {
      expect((await receiver.post(to, text, { "x-github-event": name })).status).toBe(202);
    }),
    { numRuns: 150 },
  );
  await receiver.ingest.drain();
  expect(receiver.errors).toEqual([]);
  expect((await receiver.github("pull_request", opened)).status).toBe(202);
  await receiver.ingest.drain();
  expect(await receiver.facts()).toContain("PROJ-12 PRCreated pr:acme/shop:7:created");
});
