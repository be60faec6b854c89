import { rmSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { ConflictError, DEFAULT_CONFIG, type EventInput, PrunedError } from "../../src/index.ts";
import { archiveDisk } from "../../src/engines/files/archive-disk.ts";
import { nodeDisk } from "../../src/engines/files/disk.ts";
import { layoutOf } from "../../src/engines/files/layout.ts";
import { readPruned } from "../../src/engines/files/pruned-file.ts";
import { leafHash } from "../../src/log/leaf-hash.ts";
import { rangeRoot } from "../../src/log/range-root.ts";
import { setHold } from "../../src/store/archive/hold.ts";
import {
  COMPLIANCE_FLOOR_DAYS,
  recordPruned,
  removePruned,
  type PruneFinding,
} from "../../src/store/archive/prune.ts";
import { runArchive } from "../../src/store/archive/run-archive.ts";
import { filesBelow, folder, ISSUES, openLater, partsOf, recordDays } from "./store-days.ts";

const LATER = 100;
const LETS_GO = {
  config: { ...DEFAULT_CONFIG, storage: { ...DEFAULT_CONFIG.storage, journal_max_bytes: 0 } },
};
const POLICY = { olderThanDays: 90, by: "command", floorDays: 0 } as const;

/** Archives and prunes everything that is old enough. */
async function prune(
  path: string,
  policy: Partial<Parameters<typeof recordPruned>[1]> = {},
): Promise<readonly PruneFinding[]> {
  const found: PruneFinding[] = [];
  {
    await using store = await openLater(path, LATER, LETS_GO);
    await runArchive(partsOf(store, path, LATER), { olderThanDays: 90 });
    found.push(...(await recordPruned(partsOf(store, path, LATER), { ...POLICY, ...policy })));
  }
  await using store = await openLater(path, LATER, LETS_GO);
  const removed = await removePruned(partsOf(store, path, LATER));
  return [...removed, ...found.filter(({ kept }) => kept !== undefined)];
}

test("what is pruned is gone, on record, and the rest is as it was", async () => {
  const path = folder();
  await recordDays(path, 3, 40);
  const plain = filesBelow(path);
  const findings = await prune(path);
  expect(findings.filter(({ kept }) => kept !== undefined)).toEqual([]);
  const warn: string[] = [];
  await using store = await openLater(path, LATER, { warn });
  const records = await Array.fromAsync(
    store.queryEvents({ eventTypes: "StorePruned", includeVoided: true }),
  );
  expect(records.map(({ metadata }) => metadata["file"] as string).sort()).toEqual(
    findings.map(({ file }) => file).sort(),
  );
  for (const { metadata, issue_key } of records) {
    const { file, range_root, first_sequence, last_sequence, sha256 } = metadata;
    const lines =
      plain
        .get(file as string)
        ?.toString()
        .trimEnd()
        .split("\n") ?? [];
    expect(rangeRoot(lines.map((line) => leafHash(line)))).toBe(range_root);
    const of = { stream: issue_key ?? "global", day: metadata["day"] as string };
    const left = readPruned(nodeDisk, layoutOf(path), of);
    expect(left?.header).toMatchObject({ file, range_root, first_sequence, last_sequence, sha256 });
    expect([...(left?.lines() ?? [])].map(({ leaf }) => leaf)).toEqual(lines.map((line) => leafHash(line)));
  }
  // Nothing of what they said is left in any file, whatever it is called.
  for (const [name, bytes] of filesBelow(path))
    expect([name, bytes.includes("agent-11"), bytes.includes("change 14 ")]).toEqual([
      name,
      /snapshot/.test(name) && bytes.includes("agent-11"),
      false,
    ]);
  const left: number[] = [];
  for await (const lines of store.log.readAll()) left.push(...lines.map(({ position }) => position));
  expect(left[0]).toBeGreaterThan(120);
  for await (const lines of store.log.readStream("PROJ-1")) expect(lines[0]?.sequence).toBeGreaterThan(5);
  const notes = new Set(warn);
  expect(notes.size).toBe(warn.length);
  expect([...notes].sort()).toEqual(
    [...ISSUES, "global"]
      .map((stream) => `some events of ${stream} were pruned and are left out; eso archive list shows which`)
      .sort(),
  );
});

test("a state is told from a snapshot behind what is gone, else not at all", async () => {
  const path = folder();
  await recordDays(path, 3, 40);
  let before: unknown;
  {
    await using store = await openLater(path, LATER);
    before = (await store.reconstructState("PROJ-1")).active_agents;
  }
  await prune(path);
  {
    await using store = await openLater(path, LATER);
    expect((await store.reconstructState("PROJ-1")).active_agents).toEqual(before);
    await expect(store.reconstructState("PROJ-1", { sequence: 3 })).rejects.toThrow(PrunedError);
    await expect(store.reconstructState("PROJ-1", "2026-08-02T12:00:00Z")).rejects.toThrow(PrunedError);
  }
  for (const name of filesBelow(path).keys()) if (name.includes("snapshot-")) rmSync(join(path, name));
  await using store = await openLater(path, LATER);
  await expect(store.reconstructState("PROJ-1")).rejects.toThrow(PrunedError);
});

test.each(["as it is", "catalogue made anew"])(
  "facts stay known for ever, pruned or not: %s",
  async (how) => {
    const path = folder();
    await recordDays(path, 2, 40);
    const before = await (async () => {
      await using store = await openLater(path, 2);
      return await Array.fromAsync(store.queryEvents({ eventTypes: "CommitCreated" }));
    })();
    await prune(path);
    if (how !== "as it is")
      for (const lost of ["catalog.db", "catalog.db-wal", "catalog.db-shm", "order", "ids", "index.db"])
        rmSync(join(path, ".store", lost), { recursive: true, force: true });
    await using store = await openLater(path, LATER);
    for (const event of before) {
      const { event_id, event_type, actor, metadata, issue_key, idempotency_key, event_sequence } = event;
      const again: EventInput<string, object> = {
        event_id,
        event_type,
        actor,
        metadata,
        ...(issue_key === undefined ? {} : { issue_key }),
        ...(idempotency_key === undefined ? {} : { idempotency_key }),
      };
      expect(await store.logEvent(again)).toMatchObject({ event_id, event_sequence, duplicate: true });
      const other = { ...again, metadata: { ...metadata, commit_message: "another" } };
      await expect(store.logEvent(other)).rejects.toThrow(ConflictError);
      expect(await store.getEvent(event_id)).toBeUndefined();
    }
    expect(before.length).toBeGreaterThan(3);
  },
);

test("a held issue is left alone until it is released", async () => {
  const path = folder();
  await recordDays(path, 2, 40);
  {
    await using store = await openLater(path, LATER);
    const parts = partsOf(store, path, LATER);
    expect(await setHold(parts, { issue: "PROJ-1", why: "claim" })).toMatchObject({
      held: true,
      already: false,
    });
    expect(await setHold(parts, { issue: "PROJ-1", why: "again" })).toMatchObject({
      why: "claim",
      already: true,
    });
    await expect(setHold(parts, { issue: "NONE-1", why: "claim" })).rejects.toThrow(
      "there are no events of NONE-1",
    );
    await expect(setHold(parts, { issue: "PROJ-2", why: "x", release: true })).rejects.toThrow("is not held");
  }
  const first = await prune(path);
  expect(first.filter(({ stream }) => stream === "PROJ-1").map(({ kept }) => kept)).toEqual(["held", "held"]);
  expect(first.filter(({ stream }) => stream !== "PROJ-1").every(({ kept }) => kept === undefined)).toBe(
    true,
  );
  {
    await using store = await openLater(path, LATER);
    await setHold(partsOf(store, path, LATER), { issue: "PROJ-1", why: "settled", release: true });
  }
  const second = await prune(path);
  expect(second.map(({ stream, kept }) => [stream, kept])).toEqual([
    ["PROJ-1", undefined],
    ["PROJ-1", undefined],
  ]);
});

test("nothing is pruned below the floor, unarchived, or while the journal has it", async () => {
  const path = folder();
  await recordDays(path, 2, 40);
  await using store = await openLater(path, LATER);
  const parts = partsOf(store, path, LATER);
  await expect(recordPruned(parts, { ...POLICY, floorDays: COMPLIANCE_FLOOR_DAYS })).rejects.toThrow(
    "2557 days",
  );
  const unarchived = await recordPruned(parts, POLICY);
  expect(new Set(unarchived.map(({ kept }) => kept))).toEqual(
    new Set(["not archived", "earlier days are kept"]),
  );
  await runArchive(parts, { olderThanDays: 90 });
  await recordPruned(parts, POLICY);
  expect(new Set((await removePruned(parts)).map(({ kept }) => kept))).toEqual(new Set(["journal"]));
  const disk = archiveDisk(nodeDisk, layoutOf(path));
  expect(disk.sizeAt(join(path, "2026-08-01", "PROJ-1", "events.jsonl"))).toBeGreaterThan(0);
});
