import { once } from "node:events";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { expect, it } from "vitest";

import { type Delivery, encodeDelivery } from "../capture/webhook/delivery.ts";
import { DeliverySpool } from "../capture/webhook/delivery-spool.ts";
import { github, jira, NOW } from "../capture/webhook/payloads.fixture.ts";
import { startCli, temporaryFolder } from "../cli/run-cli.fixture.ts";
import { openStore } from "../open.ts";
import { SECRET, signed } from "./receiver.fixture.ts";
import { type DeliveryReport, DeliveryRecorder } from "./record-deliveries.ts";

const opened = (number: number): object => {
  const { pull_request, ...rest } = github.opened({ number });
  return { ...rest, number, pull_request };
};

function delivery(payload: object, more: Partial<Delivery> = {}): Delivery {
  const body = Buffer.from(JSON.stringify(payload));
  return { provider: "github", event: "pull_request", received_at: NOW, body, ...more };
}

const told = (payload: object): Delivery => delivery(payload, { provider: "jira" });

async function keysIn(path: string): Promise<string[]> {
  await using store = await openStore({ path });
  const keys: string[] = [];
  for await (const { idempotency_key = "" } of store.queryEvents()) keys.push(idempotency_key);
  return keys.sort();
}

const keys = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `pr:acme/shop:${at + 1}:created`).sort();

it("records each fact once when several are at work on one spool", async () => {
  using folder = temporaryFolder();
  const path = folder.path;
  const spool = new DeliverySpool(join(path, ".store"));
  {
    await using first = await openStore({ path });
    await using second = await openStore({ path });
    for (let number = 1; number <= 40; number += 1) await spool.add(delivery(opened(number)));
    const recorders = [first, second].map((store) => new DeliveryRecorder(store, { path }));
    await Promise.all(recorders.map((recorder) => recorder.drain()));
    expect(await spool.figures()).toEqual({ waiting: 0, parked: 0, quarantined: 0 });
  }
  expect(await keysIn(path)).toEqual(keys(40));
});

it("records in the order in which deliveries came", async () => {
  using folder = temporaryFolder();
  await using store = await openStore({ path: folder.path });
  const recorder = new DeliveryRecorder(store, { path: folder.path });
  for (const [number, minute] of [
    ["3", "02"],
    ["1", "00"],
    ["2", "01"],
  ] as const)
    await recorder.spool.add(
      delivery(opened(Number(number)), { received_at: `2026-11-24T12:${minute}:00.000Z` }),
    );
  await recorder.drain();
  const numbers: unknown[] = [];
  for await (const { metadata } of store.queryEvents())
    numbers.push((metadata as { pr_number?: number }).pr_number);
  expect(numbers).toEqual([1, 2, 3]);
});

it("keeps what is no delivery, and leaves alone what is not its own", async () => {
  using folder = temporaryFolder();
  const waiting = join(folder.path, ".store", "webhooks", "waiting");
  mkdirSync(waiting, { recursive: true });
  mkdirSync(join(folder.path, ".store", "webhooks", "parked", "%zz,1"), { recursive: true });
  writeFileSync(join(folder.path, ".store", "webhooks", "parked", "notes.txt"), "");
  writeFileSync(join(waiting, "1.delivery.json"), "{half");
  writeFileSync(join(waiting, "2.delivery.json"), encodeDelivery(delivery(opened(1))));
  writeFileSync(join(waiting, ".3.tmp"), "half-written");
  const reports: DeliveryReport[] = [];
  await using store = await openStore({ path: folder.path });
  await new DeliveryRecorder(store, { path: folder.path, onDelivery: (one) => reports.push(one) }).drain();
  expect(reports.map(({ outcome }) => outcome)).toEqual(["quarantined", "recorded"]);
  expect(readdirSync(join(folder.path, ".store", "quarantine", "webhooks"))).toEqual([
    "unreadable-1.delivery.json",
  ]);
  expect(readdirSync(waiting)).toEqual([".3.tmp"]);
});

it("takes up what waits for an issue that another process has learned of", async () => {
  using folder = temporaryFolder();
  const path = folder.path;
  await using store = await openStore({ path });
  const one = new DeliveryRecorder(store, { path });
  const other = new DeliveryRecorder(store, { path });
  await one.spool.add(told(jira.worklogged()));
  await one.spool.add(told(jira.worklogged({ id: "401", issueId: "10099" })));
  await one.drain();
  expect(await one.figures()).toEqual({ waiting: 0, parked: 2, quarantined: 0 });
  await other.spool.add(told(jira.created()));
  await other.drain();
  await one.drain();
  expect(await one.figures()).toEqual({ waiting: 0, parked: 1, quarantined: 0 });
  const { events } = await store.queryPage({ issueKey: "PROJ-12" });
  expect(events.map(({ idempotency_key }) => idempotency_key)).toEqual([
    "jira:acme.atlassian.net:worklog:400",
  ]);
});

it("loses nothing that was answered when the receiver is killed", async () => {
  using folder = temporaryFolder();
  const store = join(folder.path, "store");
  const secret = join(folder.path, "secret");
  writeFileSync(secret, SECRET, { mode: 0o600 });
  const words = ["ingest", "serve", "--port", "0", "--github-secret-file", secret, "--store", store];
  const child = startCli(words);
  using _stopped = { [Symbol.dispose]: () => child.kill("SIGKILL") };
  child.stdout?.resume();
  const notes = createInterface({ input: child.stderr! })[Symbol.asyncIterator]();
  await notes.next();
  const url = /http:\S+/.exec(String((await notes.next()).value))?.[0] ?? "";
  const answered: number[] = [];
  const post = async (number: number): Promise<void> => {
    const body = JSON.stringify(opened(number));
    const headers = { "x-github-event": "pull_request", ...signed(body) };
    const response = await fetch(url, { method: "POST", body, headers }).catch(() => undefined);
    if (response?.status !== 202) return;
    answered.push(number);
    if (answered.length === 12) child.kill("SIGKILL");
  };
  await Promise.all(Array.from({ length: 30 }, (_, at) => post(at + 1)));
  if (child.exitCode === null && child.signalCode === null) await once(child, "close");
  expect(answered.length).toBeGreaterThanOrEqual(12);
  {
    await using later = await openStore({ path: store });
    await new DeliveryRecorder(later, { path: store }).drain();
  }
  const recorded = await keysIn(store);
  for (const number of answered) expect(recorded).toContain(`pr:acme/shop:${number}:created`);
  expect(new Set(recorded).size).toBe(recorded.length);
});
