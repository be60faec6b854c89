import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, test } from "vitest";

import { IntegrityError } from "../../errors.ts";
import { createCodec } from "../../event/codec.ts";
import type { FilesLog } from "./files-log.ts";
import { openFilesLog } from "./open-files-log.ts";

const codec = await createCodec({ defaultSessionId: "session" });
const EVENTS = 3;
let path = "";

beforeEach(async () => {
  path = mkdtempSync(join(tmpdir(), "eso-lost-"));
  const log = await openFilesLog({ path });
  for (let at = 0; at < EVENTS; at++) await log.append(request());
  await log.close();
});
afterEach(() => rmSync(path, { recursive: true }));

const request = () => {
  const input = { event_type: "OrchestrationCompleted", actor: { type: "user", id: "ada" }, metadata: {} };
  return { events: [codec.prepare(input)], expectedSequence: "any", onDuplicate: "conflict" } as const;
};

async function countOf(log: FilesLog): Promise<number> {
  let lines = 0;
  for await (const chunk of log.readAll()) lines += chunk.length;
  return lines;
}

const journals = (): string => join(path, ".store", "journal");

test.each([
  ["the newest journal", () => readdirSync(journals()).slice(-1)],
  ["every journal and the catalogue", () => [...readdirSync(journals()), "../catalog.db"]],
])("a reader that may not write says what is lost without %s, and what to do", async (_, lost) => {
  for (const name of lost()) rmSync(join(journals(), name));
  const log = await openFilesLog({ path, access: "read" });
  const error: unknown = await countOf(log).catch((reason: unknown) => reason);
  await log.close();
  expect(error).toBeInstanceOf(IntegrityError);
  expect(error).toMatchObject({
    code: "ESO_LOG_DAMAGED",
    message: expect.stringContaining("a journal is gone from .store/journal") as string,
    hint: expect.stringContaining("Open the store once for writing") as string,
  });
});

test("the advice helps: a writer puts the store in order, and every applied event is there", async () => {
  for (const name of readdirSync(journals())) rmSync(join(journals(), name));
  await (await openFilesLog({ path })).close();
  const log = await openFilesLog({ path, access: "read" });
  expect(await countOf(log)).toBeGreaterThanOrEqual(EVENTS);
  await log.close();
});
