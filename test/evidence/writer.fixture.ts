/** Writes samples to the store in `argv[2]` until it is told to stop; journals are small, so that many are begun and cut. */
import process from "node:process";

import { DEFAULT_CONFIG, openStore } from "../../src/index.ts";
import { sampleEvent } from "../../src/testing/sample-event.ts";

const path = process.argv[2];
if (path === undefined) throw new Error("no store was named");
const config = { ...DEFAULT_CONFIG, storage: { ...DEFAULT_CONFIG.storage, journal_max_bytes: 1_048_576 } };
await using store = await openStore({ path, config });
const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());
process.stdout.write("writing\n");
for (let seed = process.pid * 1_000_000; !stop.signal.aborted; seed += 40) {
  const batch = Array.from({ length: 40 }, (_, index) => sampleEvent(seed + index, { timestamp: undefined }));
  await Promise.all(batch.map((event) => store.logEvent(event)));
}
