import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

import { DEFAULT_CONFIG } from "../config/config.ts";
import { ConflictError, IntegrityError, NotFoundError } from "../errors.ts";
import { openStore } from "../open.ts";
import { type CheckpointParts, createCheckpoint, listCheckpoints, restoreCheckpoint } from "./checkpoints.ts";
import type { EventStore } from "./event-store.ts";

const ISSUE = "PROJ-1";
const actor = { type: "user", id: "ada" } as const;
const GIT_SHA = "4f2a9c14f2a9c14f2a9c14f2a9c14f2a9c14f2a9";

function partsOf(store: EventStore): CheckpointParts {
  return {
    log: store.log,
    history: store.history,
    queryEvents: (filter) => store.queryEvents(filter),
    record: (event) => store.logEvent(event),
  };
}

async function logAgent(store: EventStore, agent_name: string, note = ""): Promise<void> {
  await store.logEvent({
    event_type: "AgentSpawned",
    issue_key: ISSUE,
    actor,
    metadata: { agent_name, note },
  });
}

test("a checkpoint is restored as long as the log leads to its state, whatever came after it", async () => {
  await using store = await openStore({ engine: "memory" });
  const parts = partsOf(store);
  await expect(createCheckpoint(parts, ISSUE, { actor })).rejects.toThrow(NotFoundError);
  await store.logEvent({ event_type: "PhaseStarted", issue_key: ISSUE, actor, metadata: { phase: "CODE" } });
  await logAgent(store, "coder");
  const made = await createCheckpoint(parts, ISSUE, {
    actor,
    reason: "so far",
    gitSha: GIT_SHA,
    canRollback: true,
  });
  expect(made).toMatchObject({ event_sequence: 3, phase: "CODE", git_sha: GIT_SHA, state: { sequence: 2 } });
  await logAgent(store, "tester");
  await createCheckpoint(parts, ISSUE, { actor, checkpointId: "second" });
  await expect(createCheckpoint(parts, ISSUE, { actor, checkpointId: "second" })).rejects.toThrow(
    ConflictError,
  );
  const { ack } = await restoreCheckpoint(parts, ISSUE, {
    checkpointId: made.checkpoint_id,
    actor,
    reason: "back",
  });
  expect(await store.getEvent(ack.event_id)).toMatchObject({
    event_type: "CheckpointRestored",
    causation_id: made.event_id,
    metadata: {
      checkpoint_id: made.checkpoint_id,
      restore_reason: "back",
      restored_by: "ada",
      state_validated: true,
    },
  });
  const [first, second] = await listCheckpoints(parts, ISSUE);
  expect(first).toEqual({ ...made, restored: [ack.recorded_at] });
  expect(second).toMatchObject({ checkpoint_id: "second", git_sha: null, restored: [] });
});

test("another state is refused, naming what differs; nothing is recorded", async () => {
  await using store = await openStore({ engine: "memory" });
  const parts = partsOf(store);
  await logAgent(store, "coder");
  const { state } = await createCheckpoint(parts, ISSUE, { actor });
  const forged = async (checkpoint_id: string, metadata: object): Promise<void> => {
    const event = { event_type: "CheckpointCreated", issue_key: ISSUE, actor } as const;
    await store.logEvent({ ...event, metadata: { checkpoint_id, ...metadata } });
  };
  const other = `seq:1 sha256:${"0".repeat(64)}`;
  const state_parts = { ...state?.parts, active_agents: "00000000" };
  await forged("forged", { state_snapshot: other, state_version: state?.version, state_parts });
  await forged("older", { state_snapshot: other, state_version: 0 });
  await forged("bare", {});
  const before = await store.log.stream(ISSUE);
  const restore = (checkpointId: string) => restoreCheckpoint(parts, ISSUE, { checkpointId, actor });
  await expect(restore("forged")).rejects.toThrow(IntegrityError);
  await expect(restore("forged")).rejects.toThrow(
    /checkpoint forged recorded; it differs in active_agents; nothing/,
  );
  await expect(restore("older")).rejects.toMatchObject({
    hint: expect.stringContaining("another version") as string,
  });
  await expect(restore("bare")).rejects.toThrow(/recorded no state/);
  await expect(restore("forgd")).rejects.toMatchObject({ details: { suggestions: ["forged"] } });
  expect(await store.log.stream(ISSUE)).toEqual(before);
});

test("a changed byte in the log is found, snapshots or not", async () => {
  const path = mkdtempSync(join(tmpdir(), "eso-checkpoint-"));
  try {
    // So that the journal, which could tell what the file said, is given up.
    const config = {
      ...DEFAULT_CONFIG,
      storage: { ...DEFAULT_CONFIG.storage, journal_max_bytes: 1_048_576 },
    };
    {
      await using store = await openStore({ path, config });
      await logAgent(store, "coder");
      await createCheckpoint(
        { ...partsOf(store), snapshot: (stream, atSequence) => store.createSnapshot(stream, { atSequence }) },
        ISSUE,
        { actor, checkpointId: "cp" },
      );
      for (let n = 0; n < 40; n++) await logAgent(store, `agent-${n}`, "x".repeat(60_000));
    }
    const day = readdirSync(path).find((name) => name.startsWith("20")) ?? "";
    const file = join(path, day, ISSUE, "events.jsonl");
    {
      await using store = await openStore({ path, config });
      await restoreCheckpoint(partsOf(store), ISSUE, { checkpointId: "cp", actor });
    }
    writeFileSync(file, readFileSync(file, "utf8").replace('"agent_name":"coder"', '"agent_name":"codex"'));
    await using store = await openStore({ path, config });
    await expect(restoreCheckpoint(partsOf(store), ISSUE, { checkpointId: "cp", actor })).rejects.toThrow(
      /it differs in active_agents/,
    );
  } finally {
    rmSync(path, { recursive: true });
  }
});
