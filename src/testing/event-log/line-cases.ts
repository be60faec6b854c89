import assert from "node:assert/strict";

import type { EventLog } from "../../log/event-log.ts";
import { SAMPLE_SESSION, samplePrepared, samplesPrepared } from "../sample-event.ts";
import { append, appendOne, eventOf, first, last, readAll, textOf } from "./driver.ts";
import { assertSound, leafHashOf, sha256 } from "./soundness.ts";
import type { SuiteCase } from "./suite-case.ts";

const TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/** Every field that a caller may set, in the contract's order. */
const FULL = {
  event_id: "0f8fad5b-d9cb-469f-a165-70867728950e",
  event_type: "AgentSpawned",
  timestamp: "2026-01-02T03:04:05.678Z",
  issue_key: "LINE-1",
  session_id: "session “one”",
  correlation_id: "run-1",
  causation_id: "7c9e6679-7425-40de-944b-e07fc1f90ae7",
  actor: { type: "agent", id: "größe", model: "claude-opus-5" },
  phase: "CODE",
  metadata: { agent_name: "a", zeta: [1, -0.5, 1e-21, null, true], alpha: { b: '\u2028\n"\\/' } },
  git_sha: "0123456789abcdef0123456789abcdef01234567",
  branch: "main",
  codebase_state: { dirty: false },
  traceparent: TRACE,
  idempotency_key: "line:1",
  source: { provider: "github", delivery_id: "d", url: "https://example.com/?a=b&c" },
} as const;

async function appendedText(log: EventLog, overrides: Parameters<typeof samplePrepared>[1]): Promise<string> {
  const { position } = await appendOne(log, samplePrepared(1, overrides));
  return textOf(first(await log.readAt([position])));
}

export const lineCases: readonly SuiteCase[] = [
  {
    name: "a line with every field is the contract's, byte for byte",
    async run({ log }) {
      const text = await appendedText(log, FULL);
      const { event_version, recorded_at } = eventOf(first(await readAll(log)));
      const { event_id, event_type, timestamp, ...rest } = FULL;
      const { issue_key, session_id, correlation_id, causation_id, actor, ...others } = rest;
      const expected = {
        event_id,
        event_type,
        event_version,
        timestamp,
        event_sequence: 1,
        issue_key,
        session_id,
        correlation_id,
        causation_id,
        actor,
        ...others,
        recorded_at,
        position: 1,
        prev_hash: sha256(`eso-stream-genesis/v1\n${log.storeId}\nLINE-1\n`),
      };
      assert.equal(text, JSON.stringify(expected));
      assert.match(event_version, /^\d+\.\d+\.\d+$/);
    },
  },
  {
    name: "fields that nobody set are left out, the store's are filled in",
    async run({ log }) {
      const { event_id, event_type, actor } = FULL;
      const bare = Object.fromEntries(Object.keys(FULL).map((field) => [field, undefined]));
      const text = await appendedText(log, {
        ...bare,
        event_id,
        event_type,
        actor,
        metadata: { agent_name: "a" },
      });
      const { event_version, recorded_at } = eventOf(first(await readAll(log)));
      const expected = {
        event_id,
        event_type,
        event_version,
        timestamp: recorded_at,
        event_sequence: 1,
        session_id: SAMPLE_SESSION,
        actor,
        metadata: { agent_name: "a" },
        recorded_at,
        position: 1,
        prev_hash: sha256(`eso-stream-genesis/v1\n${log.storeId}\nglobal\n`),
      };
      assert.equal(text, JSON.stringify(expected));
    },
  },
  {
    name: "prev_hash is the leaf hash of the stream's previous line",
    async run({ log }) {
      for (let seed = 0; seed < 5; seed++) {
        await append(log, samplesPrepared(seed * 10, 3, { issue_key: "CHAIN-1" }));
        await append(log, samplesPrepared(seed * 10 + 5, 2, { issue_key: "CHAIN-2" }));
      }
      const chain = (await readAll(log)).filter(({ stream }) => stream === "CHAIN-1");
      for (const [index, line] of chain.entries()) {
        const previous = chain[index - 1];
        if (previous !== undefined) assert.equal(eventOf(line).prev_hash, leafHashOf(previous.bytes));
      }
      await assertSound(log);
    },
  },
  {
    name: "two logs that hold the same events have different chains",
    async run({ log }) {
      await appendOne(log, samplePrepared(1));
      const { prev_hash, issue_key } = eventOf(first(await readAll(log)));
      assert(log.storeId.length > 0);
      assert.notEqual(prev_hash, sha256(`eso-stream-genesis/v1\nanother-store\n${issue_key}\n`));
      assert.equal(prev_hash, sha256(`eso-stream-genesis/v1\n${log.storeId}\n${issue_key}\n`));
    },
  },
  {
    name: "a stored line never changes, whatever is written behind it",
    async run({ log }) {
      await append(log, samplesPrepared(1, 5, { issue_key: "FIXED-1" }));
      const before = (await readAll(log)).map(textOf);
      for (let seed = 100; seed < 160; seed++)
        await appendOne(log, samplePrepared(seed, { issue_key: "FIXED-1" }));
      await append(log, samplesPrepared(1_000, 500));
      const after = (await readAll(log)).slice(0, before.length).map(textOf);
      assert.deepEqual(after, before);
    },
  },
  {
    name: "texts of every kind come back as they were given",
    async run({ log }) {
      const texts = [
        "",
        " ",
        "\0",
        "\u001f\u007f\u0085",
        "\r\n",
        "\u2028\u2029",
        "\ufeffBOM",
        "𝒳🏳️‍🌈",
        "e\u0301 ≠ é",
      ];
      for (const [seed, note] of texts.entries()) {
        const event_type = "AgentSpawned";
        await appendOne(log, samplePrepared(seed, { event_type, metadata: { agent_name: "a", note } }));
        assert.equal(eventOf(last(await readAll(log))).metadata["note"], note);
      }
      await assertSound(log);
    },
  },
];
