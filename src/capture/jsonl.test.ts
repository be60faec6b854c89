import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NotFoundError, ValidationError } from "../errors.ts";
import type { StoredEvent } from "../event/envelope.ts";
import { type JsonlLine, MAX_JSONL_LINE_BYTES, readJsonlEvents, toInput } from "./jsonl.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "eso-jsonl-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function lines(source: string | AsyncIterable<Uint8Array>, name?: string): Promise<JsonlLine[]> {
  const found: JsonlLine[] = [];
  for await (const line of readJsonlEvents(source, name === undefined ? {} : { name })) found.push(line);
  return found;
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const reused = Buffer.alloc(size);
  for (let at = 0; at < bytes.length; at += size)
    yield reused.subarray(0, Buffer.from(bytes).copy(reused, 0, at, at + size));
}

describe("readJsonlEvents", () => {
  it("gives the lines of a file, with LF, CRLF, blank lines and no end", async () => {
    const path = join(folder, "a.jsonl");
    writeFileSync(path, '{"a":1}\r\n\n  \r\n{"b":"é"}\n{"c":3}');
    expect(await lines(path)).toEqual([
      { lineNumber: 1, text: '{"a":1}' },
      { lineNumber: 4, text: '{"b":"é"}' },
      { lineNumber: 5, text: '{"c":3}' },
    ]);
  });

  it("finds the same lines wherever the stream is cut", async () => {
    const line = fc.string({ unit: "binary" }).map((text) => text.replaceAll(/[\r\n]/g, ""));
    const end = fc.constantFrom("\n", "\r\n");
    await fc.assert(
      fc.asyncProperty(fc.array(line), end, fc.integer({ min: 1, max: 20 }), async (texts, lf, size) => {
        fc.pre(!texts[0]?.startsWith("\uFEFF"));
        const bytes = Buffer.from(texts.join(lf));
        const expected = texts
          .map((text, n) => ({ lineNumber: n + 1, text }))
          .filter(({ text }) => text.trim() !== "");
        expect(await lines(pieces(bytes, size))).toEqual(expected);
      }),
    );
  });

  it("stops at an endless line without reading on", async () => {
    let given = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('{"a":1}\n');
      for (const chunk = Buffer.alloc(65_536, 0x20); ; given += chunk.length) yield chunk;
    }
    await expect(lines(endless(), "big.jsonl")).rejects.toThrow(
      "big.jsonl:2 (byte 8): the line is longer than",
    );
    expect(given).toBeLessThanOrEqual(MAX_JSONL_LINE_BYTES);
    const longest = Buffer.concat([Buffer.alloc(MAX_JSONL_LINE_BYTES, 0x61), Buffer.from("\n")]);
    expect(await lines(pieces(longest, 100_000))).toHaveLength(1);
  });

  it.each([
    [Buffer.from("\uFEFF{}"), "in.jsonl:1 (byte 0): the file begins with a byte order mark"],
    [Buffer.from("\uFEFF{}", "utf16le"), "byte order mark"],
    [Buffer.from('{"a":1}\n\n{"b":"\xff"}', "latin1"), "in.jsonl:3 (byte 9): the line is not UTF-8"],
  ])("refuses %s", async (bytes, message) => {
    const reading = lines(pieces(bytes, 3), "in.jsonl");
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toBeInstanceOf(ValidationError);
  });

  it("says what is wrong with a path", async () => {
    await expect(lines(join(folder, "none.jsonl"))).rejects.toBeInstanceOf(NotFoundError);
    await expect(lines(folder)).rejects.toThrow("cannot be read: it is a folder");
  });

  it("stops on an aborted signal", async () => {
    const reading = readJsonlEvents(pieces(Buffer.from("{}\n"), 1), {
      signal: AbortSignal.abort(new Error("enough")),
    });
    await expect(reading.next()).rejects.toThrow("enough");
  });
});

it("toInput keeps what the caller said and drops what the store set", () => {
  const said = {
    event_id: "6f1c5c9e-8f0b-4d36-9a3c-0a4c7d0f8c11",
    event_type: "CommentPosted",
    timestamp: "2026-07-01T12:00:00.000Z",
    issue_key: "PROJ-1",
    session_id: "s",
    correlation_id: "c",
    actor: { type: "user", id: "ada" },
    phase: "CODE",
    metadata: { comment_id: "1" },
    idempotency_key: "k",
  } as const;
  const stored: StoredEvent = {
    ...said,
    event_version: "1.0.0",
    event_sequence: 1,
    recorded_by: "ci",
    recorded_at: "2026-07-01T12:00:01.000Z",
    position: 1,
    prev_hash: "0".repeat(64),
  };
  const before = JSON.stringify(stored);
  expect(toInput(stored)).toEqual(said);
  expect(JSON.stringify(stored)).toBe(before);
});
