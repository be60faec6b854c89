#!/usr/bin/env node
import process from "node:process";

import { run } from "./run.ts";

/** A command that was told to stop has this long to do so. */
const STOP_MS_MAX = 5_000;
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

const stop = new AbortController();
let stopped: number | undefined;
for (const [name, code] of Object.entries(SIGNALS)) {
  process.on(name, () => {
    // Asked twice means now.
    if (stopped !== undefined) process.exit(stopped);
    stopped = code;
    stop.abort();
    setTimeout(() => process.exit(code), STOP_MS_MAX).unref();
  });
}
const { env, stdout, stderr } = process;
const words = process.argv.slice(2);
const code = await run({ words, env, cwd: process.cwd(), stdout, stderr, signal: stop.signal });
process.exit(stopped ?? code);
