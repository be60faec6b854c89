import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { expect, it } from "vitest";

import { github, jira } from "../../capture/webhook/payloads.fixture.ts";
import { openStore } from "../../open.ts";
import { SECRET, signed } from "../../server/receiver.fixture.ts";
import { runCli, startCli, temporaryFolder } from "../run-cli.fixture.ts";

async function keysIn(path: string): Promise<(string | undefined)[]> {
  await using store = await openStore({ path, create: false });
  const keys: (string | undefined)[] = [];
  for await (const { idempotency_key } of store.queryEvents()) keys.push(idempotency_key);
  return keys;
}

it("imports folders of payloads, once, and counts what is no event", async () => {
  using folder = temporaryFolder();
  const store = join(folder.path, "store");
  const payloads = join(folder.path, "payloads");
  mkdirSync(join(payloads, "later"), { recursive: true });
  const put = (name: string, value: unknown): void =>
    writeFileSync(join(payloads, name), JSON.stringify(value));
  put("1-opened.json", github.opened());
  put("2-list.json", [
    github.pullRequest({ number: 8, base: { ref: "main", repo: github.repository } }),
    { action: "starred" },
  ]);
  put("later/delivery.json", {
    guid: "g-1",
    event: "pull_request",
    delivered_at: "2026-11-24T11:30:01Z",
    request: { payload: github.merged() },
  });
  writeFileSync(join(payloads, "3.jsonl"), `${JSON.stringify(github.review("approved"))}\n\n{"broken\n`);
  const json = JSON.parse(
    (await runCli(["import", "github", payloads, "--store", store, "--json"])).stdout,
  ) as object;
  expect(json).toMatchObject({
    schema: "eso.import/1",
    added: 4,
    rejected: 1,
    unmapped: { "no event is made of an unknown kind.starred": 1 },
  });
  const again = await runCli(["import", "github", payloads, "--store", store]);
  expect(again.stdout).toBe("0 new, 4 known, 1 rejected\n");
  expect(again.stderr).toContain("3.jsonl:3");
  expect(again.stderr).toContain("no event is made of an unknown kind.starred");
  expect(again.code).toBe(6);
  expect(await keysIn(store)).toEqual([
    "pr:acme/shop:7:created",
    "pr:acme/shop:8:created",
    "review:99",
    "pr:acme/shop:7:merged",
  ]);
});

it("finds the issue of what names none in a later file", async () => {
  using folder = temporaryFolder();
  const store = join(folder.path, "store");
  const payloads = [github.comment(), github.checkRun(), github.push([github.commit()]), github.opened()];
  writeFileSync(join(folder.path, "all.json"), JSON.stringify(payloads));
  const { stdout } = await runCli(["import", "github", join(folder.path, "all.json"), "--store", store]);
  expect(stdout).toBe("4 new, 0 known\n");
  const { stdout: listed } = await runCli(["query", "--issue", "PROJ-12", "--jsonl", "--store", store]);
  expect(listed.trim().split("\n")).toHaveLength(4);
});

it("imports Jira's exports; worklogs find their issue in a later file, or an earlier import", async () => {
  using folder = temporaryFolder();
  const store = join(folder.path, "store");
  const write = (name: string, value: unknown): string => {
    writeFileSync(join(folder.path, name), JSON.stringify(value));
    return join(folder.path, name);
  };
  const both = write("both.json", [jira.worklogged(), { issues: [jira.issue()] }]);
  const dry = await runCli(["import", "jira", both, "--store", store, "--dry-run"]);
  expect(dry.stdout + dry.stderr).toContain("no store");
  const first = await runCli(["import", "jira", both, "--store", store]);
  expect(first.stdout).toBe("1 new, 0 known\n");
  const later = write("later.json", jira.worklogged({ id: "401" }));
  expect((await runCli(["import", "jira", later, "--store", store])).stdout).toBe("1 new, 0 known\n");
  expect(await keysIn(store)).toEqual([400, 401].map((id) => `jira:acme.atlassian.net:worklog:${id}`));
});

it("says what is missing", async () => {
  using folder = temporaryFolder();
  const cwd = folder.path;
  const run = (...words: string[]) => runCli([...words, "--store", "store"], { cwd });
  expect((await run("import", "github", "nowhere")).code).toBe(3);
  const unsafe = await run("ingest", "serve");
  expect([unsafe.code, unsafe.stderr]).toEqual([2, expect.stringContaining("--github-secret-file")]);
  expect((await run("ingest", "serve", "--insecure", "--host", "0.0.0.0")).code).toBe(2);
  expect((await run("ingest", "serve", "--github-secret-file", "none")).code).toBe(3);
  const file = join(cwd, "secret");
  writeFileSync(file, "hush-hush-hush\n", { mode: 0o644 });
  chmodSync(file, 0o644);
  const open = await run("ingest", "serve", "--github-secret-file", "secret");
  expect([open.code, open.stderr]).toEqual([2, expect.stringContaining("chmod 600 secret")]);
  writeFileSync(file, "\n");
  chmodSync(file, 0o600);
  expect((await run("ingest", "serve", "--github-secret-file", "secret")).stderr).toContain(
    "there is no secret in it",
  );
  expect(open.stderr).not.toContain("hush");
});

it("serves until it is stopped, and picks up a new secret", async () => {
  using folder = temporaryFolder();
  const store = join(folder.path, "store");
  const secret = join(folder.path, "secret");
  writeFileSync(secret, `${SECRET}\n`, { mode: 0o600 });
  const child = startCli([
    "ingest",
    "serve",
    "--port",
    "0",
    "--github-secret-file",
    secret,
    "--store",
    store,
    "--jsonl",
  ]);
  using _stopped = { [Symbol.dispose]: () => child.kill("SIGKILL") };
  const ended = once(child, "close");
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const notes = createInterface({ input: child.stderr! })[Symbol.asyncIterator]();
  await notes.next();
  const line = String((await notes.next()).value);
  const url = /http:\S+/.exec(line)?.[0] ?? "";
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/github$/);
  const body = JSON.stringify(github.opened());
  const post = async (key: string): Promise<number> => {
    const headers = { "x-github-event": "pull_request", "x-github-delivery": key, ...signed(body, key) };
    return (await fetch(url, { method: "POST", body, headers })).status;
  };
  expect(await post(SECRET)).toBe(202);
  expect(JSON.parse(String((await lines.next()).value))).toMatchObject({
    provider: "github",
    outcome: "recorded",
    logged: [{ event_type: "PRCreated", issue_key: "PROJ-12", known: false }],
  });
  expect(await post("the next secret")).toBe(401);
  writeFileSync(secret, `the next secret\n${SECRET}\n`);
  expect([await post("the next secret"), await post(SECRET)]).toEqual([202, 202]);
  child.kill("SIGTERM");
  expect(await ended).toEqual([143, null]);
  expect(await keysIn(store)).toEqual(["pr:acme/shop:7:created"]);
  expect(readFileSync(join(store, ".store", "store.json"), "utf8")).not.toContain(SECRET);
});
