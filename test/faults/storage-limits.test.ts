import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { EsoError, OutcomeUnknownError, StorageError } from "../../src/errors.ts";
import { type Acknowledged, mustBeWhole } from "./check-store.ts";
import {
  answersOf,
  comment,
  drain,
  expectationsOf,
  has,
  openWith,
  prepareFolder,
  readRecord,
  runWriter,
  startWriter,
  temporaryFolder,
} from "./support.ts";

/** Why a file system cannot be mounted here; undefined when it can. */
function cannotMount(): string | undefined {
  using folder = temporaryFolder();
  const tried = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder.path]);
  if (tried.status !== 0) return `no mount: ${tried.stderr?.toString().trim() ?? "not installed"}`;
  execFileSync("umount", [folder.path]);
  return undefined;
}

const noMount = cannotMount();

/** A file system of its own in memory, gone when the scope ends. */
function smallDisk(bytes: string): {
  path: string;
  remount(options: string): void;
  [Symbol.dispose](): void;
} {
  const folder = temporaryFolder();
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", folder.path]);
  return {
    path: folder.path,
    remount: (options) => void execFileSync("mount", ["-o", `remount,${options}`, folder.path]),
    [Symbol.dispose]() {
      execFileSync("umount", ["-l", folder.path]);
      folder[Symbol.dispose]();
    },
  };
}

function fill(path: string): void {
  const chunk = Buffer.alloc(16 * 1024);
  for (let index = 0; ; index++) {
    try {
      writeFileSync(join(path, `filler-${index}`), chunk);
    } catch {
      return;
    }
  }
}

function empty(path: string): void {
  for (const name of readdirSync(path).filter((one) => one.startsWith("filler"))) rmSync(join(path, name));
}

test.skipIf(noMount !== undefined)(
  `a full disk refuses appends, reads go on, and appends work once there is space (${noMount ?? "tmpfs"})`,
  async () => {
    using disk = smallDisk("3m");
    const base = join(disk.path, "store");
    prepareFolder(base);
    const store = await openWith(base);
    const acknowledged: Acknowledged[] = [];
    const rejected: string[] = [];
    const append = async (id: string, bytes: number): Promise<unknown> => {
      const event_id = crypto.randomUUID();
      try {
        const ack = await store.logEvent({ ...comment("PROJ-1", id, "x".repeat(bytes)), event_id });
        acknowledged.push({ ...ack, stream: "PROJ-1" });
        return undefined;
      } catch (error) {
        if (error instanceof StorageError) rejected.push(event_id);
        return error;
      }
    };
    for (let index = 0; index < 20; index++) expect(await append(`before ${index}`, 1000)).toBeUndefined();
    fill(disk.path);
    let failures = 0;
    for (let index = 0; index < 60; index++) {
      const error = await append(`full ${index}`, 20_000);
      if (error === undefined) continue;
      failures++;
      expect([StorageError, OutcomeUnknownError]).toContain((error as Error).constructor);
      if (error instanceof StorageError) expect(error.code).toBe("ESO_STORAGE_FULL");
    }
    expect(failures).toBeGreaterThan(40);
    const seen = await answersOf(store);
    expect(seen.lines.length).toBeGreaterThanOrEqual(acknowledged.length);
    // Another process that only reads, and one that would write, see the same.
    const reader = await openWith(base, {}, { access: "read" });
    expect((await answersOf(reader)).lines).toEqual(seen.lines);
    await reader.close();
    empty(disk.path);
    expect(await append("after", 1000)).toBeUndefined();
    await store.close();
    await drain(base);
    mustBeWhole(base, { acknowledged, rejected });
  },
);

test.skipIf(noMount !== undefined)(
  `a store is closed and opened on a full disk without harm (${noMount ?? "tmpfs"})`,
  async () => {
    using disk = smallDisk("3m");
    const base = join(disk.path, "store");
    prepareFolder(base);
    const store = await openWith(base, { applyIntervalMs: 3_600_000 });
    const acknowledged: Acknowledged[] = [];
    for (let index = 0; index < 20; index++) {
      acknowledged.push({
        ...(await store.logEvent(comment("PROJ-1", `c${index}`, "x".repeat(2000)))),
        stream: "PROJ-1",
      });
    }
    fill(disk.path);
    const closing = await store.close().catch((error: unknown) => error);
    if (closing !== undefined) expect(closing).toBeInstanceOf(EsoError);
    const again = await openWith(base).catch((error: unknown) => error);
    if (again instanceof Error) expect(again).toBeInstanceOf(EsoError);
    else
      await (again as Awaited<ReturnType<typeof openWith>>)
        .close()
        .catch((error: unknown) => expect(error).toBeInstanceOf(EsoError));
    const reader = await openWith(base, {}, { access: "read" });
    expect((await answersOf(reader)).lines.length).toBe(20);
    await reader.close();
    empty(disk.path);
    await drain(base);
    mustBeWhole(base, { acknowledged });
  },
);

test.skipIf(noMount !== undefined)(
  `a new store on a full disk is refused, and made once there is space (${noMount ?? "tmpfs"})`,
  async () => {
    using disk = smallDisk("1m");
    fill(disk.path);
    const base = join(disk.path, "store");
    expect(await openWith(base).catch((error: unknown) => error)).toMatchObject({ code: "ESO_STORAGE_FULL" });
    empty(disk.path);
    const store = await openWith(base);
    await store.logEvent(comment("PROJ-1", "first"));
    await store.close();
    expect(mustBeWhole(base).events.length).toBe(1);
  },
);

test.skipIf(noMount !== undefined)(
  `a read-only file system gives reads and refuses appends (${noMount ?? "tmpfs"})`,
  async () => {
    using disk = smallDisk("8m");
    const base = join(disk.path, "store");
    await runWriter({
      path: base,
      journal: join(disk.path, "record"),
      prefix: "w",
      streams: ["PROJ-1"],
      events: 20,
    });
    const store = await openWith(base);
    const before = await answersOf(store);
    await store.close();
    disk.remount("ro");
    const reader = await openWith(base, {}, { access: "read" });
    expect(await answersOf(reader)).toEqual(before);
    expect(
      await reader.logEvent(comment("PROJ-1", "refused")).catch((error: unknown) => error),
    ).toMatchObject({ code: "ESO_STORAGE_READ_ONLY" });
    await reader.close();
    expect(await openWith(base).catch((error: unknown) => error)).toMatchObject({
      code: "ESO_STORAGE_READ_ONLY",
    });
    disk.remount("rw");
    const writer = await openWith(base);
    expect((await writer.logEvent(comment("PROJ-1", "taken"))).event_sequence).toBe(21);
    await writer.close();
    mustBeWhole(base);
  },
);

test.skipIf(noMount !== undefined)(
  `a file system that turns read-only under a writer refuses, and goes on later (${noMount ?? "tmpfs"})`,
  async () => {
    using disk = smallDisk("8m");
    using elsewhere = temporaryFolder();
    const base = join(disk.path, "store");
    // What this process holds open for writing would keep the file system writable, so another process kills itself.
    const job = {
      path: base,
      journal: join(elsewhere.path, "record"),
      prefix: "w",
      streams: ["PROJ-1"],
      events: 20,
    };
    const writer = startWriter({ ...job, linger: true, applyIntervalMs: 3_600_000 });
    while ((await writer.line()) !== "done");
    writer.child.kill("SIGKILL");
    await writer.ended;
    disk.remount("ro");
    const reader = await openWith(base, {}, { access: "read" });
    expect((await answersOf(reader)).lines.length).toBe(20);
    await reader.close();
    disk.remount("rw");
    await drain(base);
    mustBeWhole(base, expectationsOf(readRecord(job.journal)));
  },
);

test.skipIf(!has("prlimit")).each([0, 77, 4095])(
  "a write cut short at the file-size limit (%i bytes into it) leaves no part of a line (needs prlimit)",
  async (more) => {
    using folder = temporaryFolder();
    const base = join(folder.path, "store");
    prepareFolder(base);
    await runWriter({
      path: base,
      journal: join(folder.path, "first"),
      prefix: "first",
      streams: ["PROJ-1"],
      events: 10,
    });
    // Below the journal's size, so that a frame which reaches beyond it is written in part, and then refused.
    const limit = 40_000 + more;
    const job = {
      path: base,
      prefix: "limited",
      streams: ["PROJ-1", "PROJ-2"],
      events: 60,
      batch: 3,
      textBytes: 3000,
    };
    const writer = startWriter({ ...job, journal: join(folder.path, "limited") }, [
      "prlimit",
      `--fsize=${limit}`,
    ]);
    expect([0, 9]).toContain(await writer.ended);
    const record = readRecord(join(folder.path, "limited"));
    expect(record.errors.length).toBeGreaterThan(0);
    expect(
      record.errors.filter(({ code }) => !["ESO_STORAGE_FULL", "ESO_OUTCOME_UNKNOWN"].includes(code)),
    ).toEqual([]);
    const after = await runWriter({ ...job, prefix: "after", journal: join(folder.path, "after") });
    expect(after.errors).toEqual([]);
    await drain(base);
    mustBeWhole(
      base,
      expectationsOf(readRecord(...["first", "limited", "after"].map((name) => join(folder.path, name)))),
    );
  },
);

test("a folder where the store cannot be made is refused with a code", async () => {
  using folder = temporaryFolder();
  mkdirSync(join(folder.path, "blocked"));
  writeFileSync(join(folder.path, "blocked", ".store"), "a file");
  expect(await openWith(join(folder.path, "blocked")).catch((error: unknown) => error)).toBeInstanceOf(
    EsoError,
  );
  writeFileSync(join(folder.path, "file"), "");
  expect(await openWith(join(folder.path, "file")).catch((error: unknown) => error)).toBeInstanceOf(EsoError);
});
