import { once } from "node:events";
import { join } from "node:path";

import { openStoreLock } from "../../src/engines/files/store-lock.ts";

/** A process that takes a store's lock and keeps it until it is told to let go. */

const lock = await openStoreLock(join(process.argv[2] ?? "", ".store", "lock.db"));
if (!lock.tryAcquire()) throw new Error("the lock was not free");
process.stdout.write("held\n");
await once(process.stdin, "data");
lock.release();
lock.close();
process.stdout.write("released\n");
process.stdin.destroy();
