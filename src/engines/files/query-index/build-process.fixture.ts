import { parseFilter } from "../../../query/parse-filter.ts";
import { queryPage } from "../../../query/run-query.ts";
import { appendAll, type EventDraft, LIMITS, naivePositions, sourceOf } from "../../../query/test-log.ts";
import { openMemoryLog } from "../../memory/memory-log.ts";
import { openQueryIndex } from "./sqlite-index.ts";

/** One of several processes with the same log that build, use and now and then spoil the same index. */
const [path = "", seed = "1"] = process.argv.slice(2);
const EVENTS = 20_000;
const ROUNDS = 8;

const log = openMemoryLog({ clock: () => 0, storeId: "11111111-1111-4111-8111-111111111111" });
const events: EventDraft[] = Array.from({ length: EVENTS }, (_, i) => ({
  issue: `PROJ-${1 + (i % 40)}`,
  phase: i % 7 === 0 ? "PLAN" : "CODE",
  session: `s${i % 900}`,
  timestamp: new Date(i * 1_000).toISOString(),
  metadata: { note: `word${i % 50} of event` },
}));
await appendAll(log, events);

let wrong = 0;
let index = openQueryIndex({ path, storeId: log.storeId, incarnation: "same" });
for (let round = 0; round < ROUNDS; round++) {
  if ((round + Number(seed)) % 5 === 0) await index.reset();
  const filter =
    round % 3 === 0 ? { text: `word${round}`, limit: 500 } : { sessionId: `s${round * 7}`, phase: "CODE" };
  const page = await queryPage(sourceOf(log, index), parseFilter(filter), { limits: LIMITS });
  const expected = await naivePositions(log, { limit: 100, ...filter });
  if (JSON.stringify(page.events.map(({ position }) => position)) !== JSON.stringify(expected)) wrong += 1;
  await index.close();
  index = openQueryIndex({ path, storeId: log.storeId, incarnation: "same" });
}
const problems = await index.check(log);
await index.close();
process.stdout.write(JSON.stringify({ wrong, problems }));
