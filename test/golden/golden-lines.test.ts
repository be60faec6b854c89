import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";

import { createDecoder } from "../../src/event/decode.ts";
import type { StoredEvent } from "../../src/event/envelope.ts";
import { definitionOf, isStoreEventType } from "../../src/event/registry.ts";
import { eventOf, linesOf, MIGRATED, nameOf, releasedNames, STORED } from "./golden-lines.ts";

const stored = linesOf(STORED);
const names = stored.map((line) => nameOf(eventOf(line)));
const migrated = new Map(linesOf(MIGRATED).map((line) => [eventOf(line).event_id, eventOf(line)]));
const decoder = createDecoder({ unknownEvents: "fail" });
const read = (line: string): StoredEvent => decoder.decode(new TextEncoder().encode(line));
const isNewest = ({ event_type, event_version }: StoredEvent): boolean =>
  definitionOf(event_type)?.version === event_version;

test("every released version of every type has a golden line (run `node test/golden/add-lines.ts`)", () => {
  expect(releasedNames().filter((name) => !names.includes(name))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
});

test("every golden line of an older version has its newest shape in migrated.jsonl", () => {
  const older = stored.map(eventOf).filter((event) => !isNewest(event));
  expect([...migrated.keys()].sort()).toEqual(older.map(({ event_id }) => event_id).sort());
});

test.each(stored)("%.80s… is read in the newest shape", (line) => {
  const event = eventOf(line);
  expect(read(line)).toEqual(isNewest(event) ? event : migrated.get(event.event_id));
  expect(read(line).event_version).toBe(definitionOf(event.event_type)?.version);
  expect(decoder.decodeRaw(new TextEncoder().encode(line))).toEqual(event);
});

const published = stored.filter((line) => !isStoreEventType(eventOf(line).event_type));

test.each(published)("%.80s… fits the schema that it was written by, and the newest", (line) => {
  for (const event of [eventOf(line), read(line)]) {
    const path = join(import.meta.dirname, "../../schemas", event.event_version, `${event.event_type}.json`);
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(
      JSON.parse(readFileSync(path, "utf8")) as object,
    );
    expect(validate(event.metadata), JSON.stringify(validate.errors)).toBe(true);
  }
});
