import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { ConfigError, type EventStore, IntegrityError, NotFoundError, openStore } from "../../src/index.ts";
import { packBackup, unpackBackup } from "../../src/engines/files/backup-tar.ts";
import { fileArchive } from "../../src/engines/files/file-archive.ts";
import { fileBackup } from "../../src/engines/files/file-backup.ts";
import { restoreFiles } from "../../src/engines/files/file-restore.ts";
import type { BackupMade, BackupManifest } from "../../src/log/backup-shelf.ts";
import type { EventLog } from "../../src/log/event-log.ts";
import { runArchive } from "../../src/store/archive/run-archive.ts";
import { backUp, recordRestore } from "../../src/store/backup/back-up.ts";
import { answers, filesBelow, folder, openLater, partsOf, recordDays } from "./store-days.ts";

const DAYS = 3;
const EVENTS = 90;

let ticks = Date.UTC(2026, 10, 24);

async function backedUp(store: EventStore, path: string, target: string): Promise<BackupMade> {
  const log = store.log as EventLog;
  const append = (request: Parameters<EventLog["append"]>[0]) => log.append(request);
  const shelf = fileBackup(path, target);
  const parts = {
    shelf,
    archive: fileArchive(path),
    log,
    append,
    clock: () => (ticks += 1000),
    session: "test",
  };
  return backUp(parts, { label: "backup" });
}

/** A store of three days, one of them archived, with things in it that no log can make again. */
async function aStore(): Promise<string> {
  const path = folder();
  await recordDays(path, DAYS, EVENTS / DAYS);
  await using store = await openLater(path, DAYS);
  await runArchive(partsOf(store, path, DAYS), { olderThanDays: 1 });
  store.attach(Buffer.from("a long text"), "text/plain");
  mkdirSync(join(path, "schemas", "custom"), { recursive: true });
  writeFileSync(join(path, "schemas", "custom", "ToolCalled.json"), '{"type":"object"}');
  mkdirSync(join(path, ".store", "seals"), { recursive: true });
  writeFileSync(join(path, ".store", "seals", "2026-08-01.txt"), "a seal\n");
  // Neither belongs into a backup.
  writeFileSync(join(path, ".store", "signing.key"), "PRIVATE KEY");
  return path;
}

async function answered(path: string): Promise<string> {
  await using store = await openLater(path, DAYS);
  return await answers(store, EVENTS);
}

test("a backup that is restored answers as the store did, under a name of its own", async () => {
  const path = await aStore();
  const before = await answered(path);
  const target = `${path}-backup`;
  const made = await (async () => {
    await using store = await openLater(path, DAYS);
    return await backedUp(store, path, target);
  })();
  const paths = made.manifest.files.map((file) => file.path);
  expect(paths).toContain("schemas/custom/ToolCalled.json");
  expect(paths).toContain(".store/seals/2026-08-01.txt");
  expect(paths.some((name) => name.startsWith(".store/blobs/"))).toBe(true);
  expect(paths.some((name) => name.startsWith("archive/2026-08-01/"))).toBe(true);
  expect([...filesBelow(target).values()].some((bytes) => bytes.includes("PRIVATE"))).toBe(false);
  const base = `${path}-restored`;
  const restored = restoreFiles({ folder: target, base });
  const [old, own] = [path, base].map(
    (one) => JSON.parse(readFileSync(join(one, ".store", "store.json"), "utf8")) as Record<string, string>,
  );
  expect(own).toEqual({ ...old, origin: restored.origin, incarnation: restored.incarnation });
  expect(restored.origin).toMatch(new RegExp(`^${old?.["origin"]}/2-[0-9a-f]{8}$`));
  expect(await answered(base)).toBe(before);
  await using store = await openLater(base, DAYS);
  const log = store.log as EventLog;
  await recordRestore({ append: (request) => log.append(request), session: "test" }, restored, "backup");
  const records = await Array.fromAsync(
    store.queryEvents({ eventTypes: ["StoreBackedUp", "StoreRestored"] }),
  );
  // The backup's own record came after it.
  expect(records.map(({ event_type }) => event_type)).toEqual(["StoreRestored"]);
  expect(records[0]?.metadata).toMatchObject({
    origin: restored.origin,
    previous_origin: old?.["origin"],
    last_position: made.manifest.last_position,
    manifest_sha256: made.manifest_sha256,
  });
  expect(
    statSync(join(base, paths.find((name) => /^2026-08-03.PROJ.*events/.test(name)) ?? "")).mode & 0o777,
  ).toBe(0o400);
});

test("the next backup copies only what is new, and the earlier one stays whole", async () => {
  const path = await aStore();
  const target = `${path}-backup`;
  await using store = await openLater(path, DAYS);
  const first = await backedUp(store, path, target);
  await store.logEvent({
    event_type: "PhaseStarted",
    issue_key: "PROJ-9",
    actor: { type: "user", id: "ada" },
    metadata: { phase: "CODE" },
  });
  const second = await backedUp(store, path, target);
  expect(second.manifest.last_position).toBe(first.manifest.last_position + 2);
  const changed = second.manifest.files.filter(({ sha256 }) =>
    first.manifest.files.every((file) => file.sha256 !== sha256),
  );
  expect(second.copied_bytes).toBe(changed.reduce((sum, { bytes }) => sum + bytes, 0));
  expect(changed.length).toBeLessThan(second.manifest.files.length / 2);
  for (const { name, manifest } of [first, second]) {
    const base = `${path}-${name}`;
    restoreFiles({ folder: target, base, name });
    await using again = await openLater(base, DAYS);
    expect((await again.log.head()).position).toBe(manifest.last_position);
  }
});

test("backups that are made while others write hold a prefix of the log, without a hole", async () => {
  const path = folder();
  await using store = await openStore({ path });
  const target = `${path}-backup`;
  const over = new AbortController();
  const acknowledged: string[] = [];
  const writing = (async () => {
    for (let number = 0; !over.signal.aborted; number++) {
      const issue_key = `PROJ-${1 + (number % 5)}`;
      const actor = { type: "user", id: "ada" } as const;
      const ack = await store.logEvent({
        event_type: "PhaseStarted",
        issue_key,
        actor,
        metadata: { phase: "CODE" },
      });
      acknowledged.push(ack.event_id);
    }
  })();
  for (let round = 0; round < 5; round++) {
    const sure = acknowledged.length;
    await using reader = await openStore({ path });
    const { name, manifest } = await backedUp(reader, path, target);
    const base = `${path}-${round}`;
    restoreFiles({ folder: target, base, name });
    await using restored = await openStore({ path: base });
    const ids: string[] = [];
    for await (const event of restored.queryEvents({ eventTypes: "PhaseStarted" })) ids.push(event.event_id);
    expect(ids.length).toBeGreaterThanOrEqual(sure);
    expect(ids.slice(0, sure)).toEqual(acknowledged.slice(0, sure));
    const positions: number[] = [];
    for await (const lines of restored.log.readAll())
      positions.push(...lines.map(({ position }) => position));
    expect(positions).toEqual(Array.from({ length: manifest.last_position }, (_, at) => at + 1));
  }
  over.abort();
  await writing;
});

test("what is not a whole backup is refused, and nothing is made", async () => {
  const path = await aStore();
  const target = `${path}-backup`;
  const { name, manifest } = await (async () => {
    await using store = await openLater(path, DAYS);
    return await backedUp(store, path, target);
  })();
  const base = `${path}-restored`;
  const refused = (
    kind: new (...given: never[]) => Error,
    text: string,
    change: (folder: string) => void,
  ): void => {
    const copy = `${path}-copy`;
    rmSync(copy, { recursive: true, force: true });
    cpSync(target, copy, { recursive: true });
    change(copy);
    const attempt = () => restoreFiles({ folder: copy, base });
    expect(attempt).toThrow(text);
    rmSync(base, { recursive: true, force: true });
    expect(attempt).toThrow(kind);
    rmSync(base, { recursive: true, force: true });
  };
  const edited = (change: (manifest: BackupManifest) => unknown) => (copy: string) =>
    writeFileSync(join(copy, name), JSON.stringify(change(structuredClone(manifest))));
  const [first] = manifest.files;
  const object = (copy: string): string => join(copy, "objects", first!.sha256.slice(0, 2), first!.sha256);
  refused(IntegrityError, "is missing", (copy) => rmSync(object(copy)));
  refused(IntegrityError, "size that the manifest says", (copy) => writeFileSync(object(copy), "x"));
  refused(IntegrityError, "is not what its name says", (copy) => {
    const bytes = readFileSync(object(copy));
    bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
    writeFileSync(object(copy), bytes);
  });
  for (const bad of [
    "../../etc/passwd",
    "/etc/passwd",
    "a/../../b",
    "a//b",
    "",
    ".",
    "a\\b",
    "a\0b",
    "a/./b",
  ])
    refused(
      IntegrityError,
      "names a file that no store has",
      edited((one) => ({ ...one, files: [{ ...first, path: bad }] })),
    );
  refused(
    IntegrityError,
    "names a file that no store has",
    edited((one) => ({ ...one, files: [{ ...first, sha256: "../../x" }] })),
  );
  refused(
    IntegrityError,
    "is no manifest",
    edited(() => ({ schema: "eso.backup/1" })),
  );
  refused(IntegrityError, "is no manifest", (copy) => writeFileSync(join(copy, name), "{"));
  refused(IntegrityError, "is missing", (copy) => {
    rmSync(object(copy));
    symlinkSync("/etc/passwd", object(copy));
  });
  refused(NotFoundError, "there is no backup", (copy) => rmSync(join(copy, name)));
  mkdirSync(base);
  writeFileSync(join(base, "mine.txt"), "mine");
  expect(() => restoreFiles({ folder: target, base })).toThrow(ConfigError);
  expect(readdirSync(base)).toEqual(["mine.txt"]);
});

test("a folder that is not for this store's backups is left alone", async () => {
  const path = await aStore();
  const other = await aStore();
  await using store = await openLater(path, DAYS);
  await expect(backedUp(store, path, other)).rejects.toThrow("holds something else");
  await using foreign = await openLater(other, DAYS);
  await backedUp(foreign, other, `${other}-backup`);
  await expect(backedUp(store, path, `${other}-backup`)).rejects.toThrow("holds backups of another store");
});

/** A header that was changed, with the sum that belongs to it. */
const withHeader = (change: (header: Buffer) => void) => (bytes: Buffer) => {
  change(bytes);
  const sum = bytes.subarray(0, 512).reduce((all, byte, at) => all + (at >= 148 && at < 156 ? 32 : byte), 0);
  bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return bytes;
};

test("one file holds it all, and a file that somebody else made is refused", async () => {
  const path = await aStore();
  const target = `${path}-backup`;
  const before = await answered(path);
  await using store = await openLater(path, DAYS);
  await backedUp(store, path, target);
  const tar = `${path}.tar`;
  packBackup(target, tar);
  const unpacked = `${path}-unpacked`;
  unpackBackup(tar, unpacked);
  expect(filesBelow(unpacked)).toEqual(filesBelow(target));
  restoreFiles({ folder: unpacked, base: `${path}-restored` });
  expect(await answered(`${path}-restored`)).toBe(before);
  const good = readFileSync(tar);
  const refused = (change: (bytes: Buffer) => Buffer): void => {
    writeFileSync(tar, change(Buffer.from(good)));
    expect(() => unpackBackup(tar, `${path}-never`)).toThrow(IntegrityError);
    expect(() => statSync(`${path}-never`)).toThrow("ENOENT");
  };
  refused((bytes) => bytes.subarray(0, bytes.length - 1500));
  refused((bytes) => Buffer.concat([bytes.subarray(0, 3), bytes]));
  for (const name of ["../x", "/etc/passwd", "objects/../../x", "backup-1/../x.json"])
    refused(withHeader((header) => void header.fill(0, 0, 100).write(name, 0)));
  for (const type of ["1", "2", "5", "x", "L"]) refused(withHeader((header) => void header.write(type, 156)));
  refused(withHeader((header) => void header.write("77777777777\0", 124)));
  refused(withHeader((header) => void header.write("../..", 345)));
});
