import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { DEFAULT_CONFIG, type EventInput, type EventStore, openStore } from "../../src/index.ts";
import { historyInputs, HISTORY_ISSUE } from "../../src/projection/testdata/random-history.ts";
import { temporaryFolder } from "../../src/cli/run-cli.fixture.ts";

const SNAPSHOT = /^snapshot-(\d+)\.json$/;
const FREQUENT = { ...DEFAULT_CONFIG, snapshots: { ...DEFAULT_CONFIG.snapshots, frequency: 20 } };

function folder(): string {
  const temporary = temporaryFolder();
  onTestFinished(() => temporary[Symbol.dispose]());
  return join(temporary.path, "events");
}

/** Every file under a folder that a snapshot is in. */
function snapshotsIn(base: string): string[] {
  return readdirSync(base, { recursive: true, encoding: "utf8" })
    .filter((path) => SNAPSHOT.test(path.split("/").at(-1) ?? ""))
    .map((path) => join(base, path))
    .sort((a, b) => sequenceOf(a) - sequenceOf(b));
}

const sequenceOf = (path: string): number => Number(SNAPSHOT.exec(path.split("/").at(-1) ?? "")?.[1]);

async function logAll(store: EventStore, inputs: readonly EventInput[]): Promise<void> {
  for (const input of inputs) await store.logEvent(input);
}

/** States at every tenth event and at moments between, as JSON. */
async function answers(path: string): Promise<string[]> {
  await using store = await openStore({ path, access: "read", onWarning: () => undefined });
  const events = await Array.fromAsync(store.readStream(HISTORY_ISSUE));
  const found: string[] = [];
  for (let at = 9; at < events.length; at += 10) {
    const moments = [{ sequence: at }, events[at]?.timestamp, { asKnownAt: events[at]?.recorded_at ?? "" }];
    for (const moment of moments)
      found.push(JSON.stringify(await store.reconstructState(HISTORY_ISSUE, moment)));
  }
  return found;
}

test("snapshots come by themselves, lie beside the events, and say what they cover", async () => {
  const path = folder();
  {
    await using store = await openStore({ path, config: FREQUENT });
    await logAll(store, historyInputs(1, 130).inputs);
  }
  const files = snapshotsIn(path);
  expect(files.length).toBeGreaterThan(2);
  const newest = files.at(-1) ?? "";
  expect(newest).toMatch(new RegExp(`/\\d{4}-\\d{2}-\\d{2}/${HISTORY_ISSUE}/snapshot-\\d+\\.json$`));
  expect(sequenceOf(newest) % 20).toBe(0);
  expect(statSync(newest).mode & 0o777).toBe(0o600);
  const snapshot = JSON.parse(readFileSync(newest, "utf8")) as Record<string, unknown>;
  expect(snapshot).toMatchObject({
    schema: "eso.snapshot/1",
    projection: "orchestration-state",
    stream: HISTORY_ISSUE,
    from_sequence: 1,
    to_sequence: sequenceOf(newest),
    encoding: "json",
    leaf_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
    state: expect.objectContaining({ last_sequence: sequenceOf(newest) }),
  });
});

test("deleting, damaging or hiding every snapshot changes no answer", async () => {
  const path = folder();
  {
    await using store = await openStore({ path, config: FREQUENT });
    await logAll(store, historyInputs(2, 150).inputs);
    await store.createSnapshot(HISTORY_ISSUE, { atSequence: 33 });
  }
  const files = snapshotsIn(path);
  const before = await answers(path);
  for (const file of files) {
    const bytes = readFileSync(file);
    bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 4;
    writeFileSync(file, bytes);
  }
  expect(await answers(path)).toEqual(before);
  for (const file of files) rmSync(file);
  expect(await answers(path)).toEqual(before);
  for (const file of files) mkdirSync(file);
  expect(await answers(path)).toEqual(before);
});

test("a damaged snapshot is made anew when its turn comes again", async () => {
  const path = folder();
  const { inputs } = historyInputs(3, 100);
  {
    await using store = await openStore({ path, config: FREQUENT });
    await logAll(store, inputs.slice(0, 60));
  }
  const newest = snapshotsIn(path).at(-1) ?? "";
  const whole = readFileSync(newest, "utf8");
  writeFileSync(newest, whole.slice(0, -100));
  {
    await using store = await openStore({ path, config: FREQUENT, onWarning: () => undefined });
    await logAll(store, inputs.slice(60));
  }
  expect(readFileSync(newest, "utf8")).toBe(whole);
});

test("a snapshot that cannot be written fails no append", async () => {
  const path = folder();
  const { inputs } = historyInputs(4, 90);
  const warnings: string[] = [];
  await using store = await openStore({
    path,
    config: FREQUENT,
    onWarning: (message) => void warnings.push(message),
  });
  await logAll(store, inputs.slice(0, 10));
  const { last_timestamp } = await store.reconstructState(HISTORY_ISSUE);
  expect(last_timestamp).not.toBeNull();
  // Folders stand where the files would be put.
  for await (const { recorded_at } of store.readStream(HISTORY_ISSUE, { to: 1 }))
    for (let at = 20; at <= 200; at += 20)
      mkdirSync(join(path, recorded_at.slice(0, 10), HISTORY_ISSUE, `snapshot-${at}.json`), {
        recursive: true,
      });
  await logAll(store, inputs.slice(10));
  await expect(store.reconstructState(HISTORY_ISSUE)).resolves.toMatchObject({ exists: true });
  await store.close();
  expect(warnings).toEqual([expect.stringContaining(`no snapshot could be made of ${HISTORY_ISSUE}`)]);
});

test("a store opened for reading makes none, and says so when asked to", async () => {
  const path = folder();
  {
    const config = { ...FREQUENT, snapshots: { ...FREQUENT.snapshots, enabled: false } };
    await using store = await openStore({ path, config });
    await logAll(store, historyInputs(5, 50).inputs);
  }
  expect(snapshotsIn(path)).toEqual([]);
  await using store = await openStore({ path, access: "read", config: FREQUENT });
  await store.reconstructState(HISTORY_ISSUE);
  await expect(store.createSnapshot(HISTORY_ISSUE)).rejects.toThrow("opened for reading");
  expect(snapshotsIn(path)).toEqual([]);
});
