import { rmSync } from "node:fs";
import { join } from "node:path";

import { comment, openWith } from "../faults/support.ts";

/** Opens a store, appends one event, and prints the milliseconds from the one to the other's acknowledgement. */

const { path, loseHead } = JSON.parse(process.argv[2] ?? "{}") as { path: string; loseHead: boolean };
if (loseHead) rmSync(join(path, ".store", "head"));
const began = performance.now();
const store = await openWith(path);
await store.logEvent(comment("PROJ-1", "first after the kill"));
process.stdout.write(`${performance.now() - began}\n`);
await store.close();
