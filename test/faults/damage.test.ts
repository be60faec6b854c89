import {
  appendFileSync,
  chmodSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { IntegrityError } from "../../src/errors.ts";
import { mustBeWhole } from "./check-store.ts";
import { bringBack, overwrite, stateOf } from "./folder-state.ts";
import {
  answersOf,
  comment,
  drain,
  openWith,
  prepareFolder,
  runWriter,
  seeded,
  temporaryFolder,
} from "./support.ts";
import { eventsFileOf, smallStore } from "./torn-tails.ts";

const SEED = 20_261_124;

/** A closed store whose journal has been given up, so that only the files hold the first lines. */
async function checkpointedStore(folder: string): Promise<string> {
  const path = join(folder, "store");
  prepareFolder(path);
  const job = {
    path,
    prefix: "w",
    streams: ["PROJ-1", "PROJ-2", "global"],
    events: 60,
    batch: 3,
    textBytes: 50,
  };
  await runWriter({ ...job, journal: join(folder, "record"), journalMaxBytes: 3000 });
  return path;
}

async function failureOf(run: () => Promise<unknown>): Promise<unknown> {
  try {
    await run();
  } catch (error) {
    return error;
  }
  return undefined;
}

async function readWhole(base: string, stream: string): Promise<string[]> {
  const store = await openWith(base);
  try {
    const lines: string[] = [];
    for await (const chunk of store.log.readStream(stream))
      lines.push(...chunk.map(({ bytes }) => Buffer.from(bytes).toString()));
    return lines;
  } finally {
    await store.close();
  }
}

test("a flipped bit is reported with file, line and offset, or the line is read as it stands; others are not touched", async () => {
  using folder = temporaryFolder();
  const base = await checkpointedStore(folder.path);
  const state = stateOf(base);
  const file = eventsFileOf(base, "PROJ-1");
  const whole = readFileSync(file);
  const before = await readWhole(base, "PROJ-1");
  const other = await readWhole(base, "PROJ-2");
  const random = seeded(SEED);
  let reported = 0;
  for (let round = 0; round < 60; round++) {
    const at = Math.floor(random() * Math.min(4000, whole.length));
    const bit = Math.floor(random() * 8);
    bringBack(base, state);
    const flipped = Buffer.from(whole);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
    overwrite(file, flipped);
    const what = `bit ${bit} of byte ${at}`;
    const line = whole.subarray(0, at).filter((byte) => byte === 10).length + 1;
    const error = await failureOf(async () => {
      const lines = await readWhole(base, "PROJ-1");
      // Bits of texts are the verifier's to find; here it matters that no line is skipped or doubled.
      expect(lines.length, what).toBe(before.length);
      expect(lines.filter((text, index) => text !== before[index]).length, what).toBeLessThanOrEqual(1);
    });
    if (error !== undefined) {
      expect(error, what).toBeInstanceOf(IntegrityError);
      const { details, message } = error as IntegrityError;
      expect(details?.file, what).toBe(file);
      expect([line, line + 1], what).toContain(details?.line);
      expect(message, what).toContain(file);
      reported++;
    }
    expect(await readWhole(base, "PROJ-2"), what).toEqual(other);
    const store = await openWith(base);
    const ack = await store.logEvent(comment("PROJ-2", "more"));
    expect(ack.event_sequence, what).toBe(other.length + 1);
    await store.close();
  }
  expect(reported).toBeGreaterThan(5);
});

test("a line made unreadable is reported by every way of reading, with the index of places and without", async () => {
  using folder = temporaryFolder();
  const base = await checkpointedStore(folder.path);
  const file = eventsFileOf(base, "PROJ-1");
  const bytes = readFileSync(file);
  const start = bytes.indexOf(10, bytes.indexOf(10) + 1) + 1;
  bytes.fill("#", start, start + 40);
  overwrite(file, bytes);
  for (const lost of [undefined, "catalog.db"]) {
    if (lost !== undefined)
      for (const suffix of ["", "-wal", "-shm"])
        rmSync(join(base, ".store", `${lost}${suffix}`), { force: true });
    const store = await openWith(base);
    const how = lost === undefined ? "catalogue kept" : "catalogue lost";
    const inStream = await failureOf(async () => {
      for await (const _event of store.readStream("PROJ-1"));
    });
    expect(inStream, how).toBeInstanceOf(IntegrityError);
    expect((inStream as IntegrityError).details, how).toEqual({ file, line: 3, offset: start });
    const inOrder = await failureOf(async () => {
      for await (const _event of store.subscribe({ stopAtEnd: true }));
    });
    expect(inOrder, how).toBeInstanceOf(IntegrityError);
    expect((inOrder as IntegrityError).message, how).toContain(file);
    expect((await store.logEvent(comment("PROJ-2", how))).event_sequence, how).toBeGreaterThan(20);
    const others: number[] = [];
    for await (const event of store.readStream("PROJ-2")) others.push(event.event_sequence);
    expect(others.length, how).toBeGreaterThan(20);
    await store.close();
  }
});

test("a shortened file refuses appends to its stream, naming it; other streams take them", async () => {
  using folder = temporaryFolder();
  const base = await checkpointedStore(folder.path);
  const file = eventsFileOf(base, "PROJ-1");
  truncateSync(file, statSync(file).size - 5);
  const store = await openWith(base);
  for (let attempt = 0; attempt < 3; attempt++) {
    const error = await failureOf(() => store.logEvent(comment("PROJ-1", "refused")));
    expect(error).toBeInstanceOf(IntegrityError);
    expect((error as IntegrityError).message).toContain(file);
    expect((error as IntegrityError).details?.file).toBe(file);
    await store.logEvent(comment("PROJ-2", "taken"));
  }
  await store.close();
  expect(statSync(file).size).toBe(readFileSync(file).length);
});

test.each([
  ["without LF", "half a line"],
  ["whole lines", "one\ntwo\n"],
  ["an empty line", "\n"],
  ["longer than the next event", `${"x".repeat(5000)}\nand more`],
  ["zeros", "\0\0\0\0\0\0\0\0"],
])(
  "foreign bytes behind the last line (%s) are kept aside, recorded, and never stand in a line",
  async (_name, foreign) => {
    using folder = temporaryFolder();
    const base = join(folder.path, "store");
    const before = await smallStore(base);
    const file = eventsFileOf(base, "PROJ-1");
    const end = statSync(file).size;
    appendFileSync(file, foreign);
    const store = await openWith(base);
    const ack = await store.logEvent(comment("PROJ-1", "behind"));
    await store.close();
    expect(ack.event_sequence).toBe((before.streams.get("PROJ-1")?.length ?? 0) + 1);
    const checked = mustBeWhole(base);
    const recovered = checked.streams
      .get("global")
      ?.find(({ event_type }) => event_type === "StoreRecovered");
    const [found] = (recovered?.metadata["found"] ?? []) as {
      file: string;
      offset: number;
      length: number;
      kept_as: string;
    }[];
    expect(found).toMatchObject({
      file: file.slice(base.length + 1),
      offset: end,
      length: Buffer.byteLength(foreign),
    });
    expect(readFileSync(join(base, ".store", "quarantine", found?.kept_as ?? ""), "utf8")).toBe(foreign);
  },
);

test("foreign bytes that arrive while a process is writing never stand in a line", async () => {
  using folder = temporaryFolder();
  const base = join(folder.path, "store");
  prepareFolder(base);
  const store = await openWith(base);
  const first = await store.logEvent(comment("PROJ-1", "one"));
  await drain(base);
  const file = eventsFileOf(base, "PROJ-1");
  appendFileSync(file, `${"y".repeat(3000)}\n`);
  const second = await store.logEvent(comment("PROJ-1", "two"));
  await store.close();
  // Whoever opens next meets what is left behind the last line and keeps it aside.
  const next = await openWith(base);
  const third = await next.logEvent(comment("PROJ-1", "three"));
  await next.close();
  const checked = mustBeWhole(base, {
    acknowledged: [first, second, third].map((ack) => ({ ...ack, stream: "PROJ-1" })),
  });
  expect(checked.streams.get("PROJ-1")?.length).toBe(3);
});

test("a file that is deleted is missed: reads and appends of its stream fail, those of others do not", async () => {
  using folder = temporaryFolder();
  const base = await checkpointedStore(folder.path);
  const file = eventsFileOf(base, "PROJ-1");
  rmSync(file);
  for (const lost of [[], ["catalog.db", "catalog.db-wal", "catalog.db-shm"]]) {
    for (const name of lost) rmSync(join(base, ".store", name), { force: true });
    const store = await openWith(base);
    const read = await failureOf(async () => {
      for await (const _chunk of store.log.readAll());
    });
    expect(read, lost.join()).toBeInstanceOf(IntegrityError);
    if (lost.length === 0) {
      const append = await failureOf(() => store.logEvent(comment("PROJ-1", "refused")));
      expect(append).toBeInstanceOf(IntegrityError);
      expect((append as IntegrityError).message).toContain(file);
    }
    await store.logEvent(comment("PROJ-2", "taken"));
    await store.close();
  }
});

test("a journal damaged before its end is reported, and nothing is cut off", async () => {
  using folder = temporaryFolder();
  const base = join(folder.path, "store");
  await smallStore(base);
  const journal = join(base, ".store", "journal", "00000001");
  const bytes = readFileSync(journal);
  bytes[500] = (bytes[500] ?? 0) ^ 1;
  overwrite(journal, bytes);
  const sum = readFileSync(journal).toString("base64");
  const error = await failureOf(async () => {
    const store = await openWith(base);
    try {
      await store.logEvent(comment("PROJ-1", "refused"));
    } finally {
      await store.close();
    }
  });
  expect(error).toBeInstanceOf(IntegrityError);
  expect((error as IntegrityError).message).toContain(journal);
  expect(readFileSync(journal).toString("base64")).toBe(sum);
  // The plain files hold every event and can be read without the engine.
  expect(mustBeWhole(base).events.length).toBe(10);
});

test("a newer format is refused with what to do, and nothing is changed", async () => {
  using folder = temporaryFolder();
  const base = join(folder.path, "store");
  await smallStore(base);
  const path = join(base, ".store", "store.json");
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), format_version: 99 }));
  const state = stateOf(base);
  const error = await failureOf(() => openWith(base));
  expect(error).toMatchObject({ code: "ESO_FORMAT_TOO_NEW", hint: expect.stringContaining("Install") });
  const after = stateOf(base);
  expect([...after.keys()]).toEqual([...state.keys()]);
  for (const [name, bytes] of state) expect(after.get(name)?.equals(bytes), name).toBe(true);
});

test("a damaged store.json is refused, naming it", async () => {
  using folder = temporaryFolder();
  const base = join(folder.path, "store");
  await smallStore(base);
  const path = join(base, ".store", "store.json");
  writeFileSync(path, "{");
  expect(await failureOf(() => openWith(base))).toMatchObject({
    code: "ESO_INVALID_CONFIG",
    message: expect.stringContaining(path),
  });
});

test("a file replaced under a running writer is not taken for the one it wrote, and its lines are not given up", async () => {
  using folder = temporaryFolder();
  const base = join(folder.path, "store");
  prepareFolder(base);
  const store = await openWith(base, { journalMaxBytes: 4000 });
  const acks = [await store.logEvent(comment("PROJ-1", "one"))];
  await drain(base);
  // As `sed -i` or a checkout does: a new file with the same name.
  const file = eventsFileOf(base, "PROJ-1");
  const copy = readFileSync(file);
  rmSync(file);
  writeFileSync(file, copy);
  chmodSync(file, 0o600);
  for (let index = 0; index < 30; index++) {
    const ack = await failureOf(async () =>
      acks.push(await store.logEvent(comment("PROJ-1", `more ${index}`, "z".repeat(200)))),
    );
    if (ack !== undefined) break;
  }
  await failureOf(() => store.close());
  await drain(base);
  mustBeWhole(base, { acknowledged: acks.map((ack) => ({ ...ack, stream: "PROJ-1" })) });
});

test("what a store answers does not depend on how it was left", async () => {
  using folder = temporaryFolder();
  const base = await checkpointedStore(folder.path);
  const store = await openWith(base);
  const answers = await answersOf(store);
  await store.close();
  const reader = await openWith(base, {}, { access: "read" });
  expect(await answersOf(reader)).toEqual(answers);
  await reader.close();
  expect(readdirSync(join(base, ".store")).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});
