import assert from "node:assert/strict";

import { ConflictError } from "../../errors.ts";
import type { EventLog, Placement, StoredLine } from "../../log/event-log.ts";
import { prepareSample } from "../sample-event.ts";
import { SeededRandom } from "../seeded-random.ts";
import { ArrayModel, type ModelPlacement, type ModelRecord, type ModelRequest } from "./array-model.ts";
import { eventOf, readAll, readStream } from "./driver.ts";
import { RandomRequests } from "./random-requests.ts";
import { assertSound } from "./soundness.ts";
import type { OpenedLog, Stage, SuiteCase } from "./suite-case.ts";

const SEEDS = 10;
const STEPS = 120;
const MODEL_STREAMS: readonly [string, ...string[]] = [
  "global",
  "MODEL-1",
  "MODEL-2",
  "MODEL-3",
  "MODEL-11",
  "MODEL-404",
];

interface Run {
  readonly random: SeededRandom;
  readonly model: ArrayModel;
  readonly requests: RandomRequests;
  readonly store: OpenedLog;
  logs: readonly [EventLog, ...EventLog[]];
}

/** One line against what the model remembers. */
function assertRecord(line: StoredLine, record: ModelRecord | undefined): void {
  assert(record !== undefined, "the model has no such record");
  const { stream, sequence, position, input, sighting } = record;
  assert.deepEqual(
    { stream: line.stream, sequence: line.sequence, position: line.position },
    { stream, sequence, position },
  );
  const event = eventOf(line);
  if (sighting !== undefined) {
    assert.equal(event.event_type, "StoreFactSeen");
    assert.deepEqual(event.metadata["adds"], sighting.adds);
  }
  if (input === undefined) return;
  const kept = Object.fromEntries(Object.entries(event).filter(([field]) => field in input));
  assert.deepEqual(kept, input);
}

function assertRecords(lines: readonly StoredLine[], records: readonly ModelRecord[]): void {
  assert.equal(lines.length, records.length);
  for (const [index, line] of lines.entries()) assertRecord(line, records[index]);
}

function assertPlacement(placement: Placement | undefined, expected: ModelPlacement): void {
  const { stream, sequence, position, input } = expected.record;
  const { recorded_at: _, durability: __, ...rest } = placement ?? assert.fail("a placement for each event");
  assert.deepEqual(rest, {
    event_id: input?.event_id,
    stream,
    event_sequence: sequence,
    head_sequence: expected.head_sequence,
    position,
    duplicate: expected.duplicate,
  });
}

async function appendStep(run: Run, log: EventLog): Promise<void> {
  const request = run.requests.next();
  const expected = run.model.append(request);
  const call = log.append({ ...request, events: request.events.map(prepareSample) });
  if (expected === undefined) {
    await assert.rejects(call, ConflictError, describe(request));
    return;
  }
  const placements = await call;
  assert.equal(placements.length, expected.length, describe(request));
  for (const [index, one] of expected.entries()) assertPlacement(placements[index], one);
}

function describe(request: ModelRequest): string {
  return JSON.stringify(request);
}

async function readStreamStep({ random, model }: Run, log: EventLog): Promise<void> {
  const stream = random.pick(MODEL_STREAMS);
  const records = model.stream(stream);
  const from = 1 + random.below(records.length + 2);
  const to = random.below(records.length + 3);
  const direction = random.pick(["forwards", "backwards"] as const);
  const meant = records.slice(from - 1, Math.max(from - 1, to));
  assertRecords(
    await readStream(log, stream, { from, to, direction }),
    direction === "forwards" ? meant : meant.toReversed(),
  );
}

async function readAllStep({ random, model }: Run, log: EventLog): Promise<void> {
  const after = random.below(model.records.length + 2);
  const chunk = 1 + random.below(9);
  const forwards = await readAll(log, { after, chunk });
  assertRecords(forwards, model.records.slice(after));
  const backwards = await readAll(log, { after, chunk, direction: "backwards" });
  assertRecords(backwards, model.records.slice(0, Math.max(after - 1, 0)).toReversed());
}

async function findStep({ random, model }: Run, log: EventLog): Promise<void> {
  const [record, ...others] = model.records;
  if (record === undefined) return;
  const wanted = [record, ...others].length > 3 ? [random.pick([record, ...others]), record] : [record];
  assertRecords(await log.readAt(wanted.map(({ position }) => position)), wanted);
  const { input, position } = wanted[0] ?? record;
  if (input?.event_id !== undefined) assert.equal((await log.findById(input.event_id))?.position, position);
  if (input?.idempotency_key === undefined) return;
  assert.equal((await log.findByKey(input.idempotency_key))?.position, position);
}

async function reopenStep(run: Run): Promise<void> {
  const [log] = run.logs;
  if (!log.capabilities.persistent) return;
  for (const other of run.logs.slice(1)) await other.close();
  const reopened = await run.store.reopen();
  const second = await openSecond(run.store, reopened);
  run.logs = [reopened, ...second];
}

async function openSecond(store: OpenedLog, log: EventLog): Promise<EventLog[]> {
  return log.capabilities.multiProcess && store.openSecond !== undefined ? [await store.openSecond()] : [];
}

async function step(run: Run): Promise<void> {
  const log = run.random.pick(run.logs);
  const dice = run.random.below(100);
  if (dice < 60) await appendStep(run, log);
  else if (dice < 75) await readStreamStep(run, log);
  else if (dice < 85) await readAllStep(run, log);
  else if (dice < 97) await findStep(run, log);
  else await reopenStep(run);
}

async function runModel(seed: number, { store, log }: Stage): Promise<void> {
  const random = new SeededRandom(seed);
  const model = new ArrayModel();
  const requests = new RandomRequests(random, model, log.capabilities.multiStreamBatches);
  const run: Run = { random, model, requests, store, logs: [log, ...(await openSecond(store, log))] };
  for (let count = 0; count < STEPS; count++) {
    await step(run).catch((cause: unknown) => {
      throw new Error(`seed ${seed}, step ${count}: ${String(cause)}`, { cause });
    });
  }
  for (const each of run.logs) {
    assertRecords(await readAll(each), model.records);
    await assertSound(each);
  }
}

export const modelCases: readonly SuiteCase[] = Array.from({ length: SEEDS }, (_, seed) => ({
  name: `random operations agree with an array (seed ${seed})`,
  needs: ["totalOrder"],
  run: (stage) => runModel(seed, stage),
}));
