import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { openStore } from "../src/index.ts";
import { sampleOrchestration } from "./sample-orchestration.ts";

const ROOT = join(import.meta.dirname, "..");
const STORE = join(ROOT, "sessions", "events");

/** Runs a command as a user would type it, and shows it. */
function eso(...words: string[]): void {
  console.log(`\n$ eso ${words.join(" ")}`);
  const run = spawnSync(process.execPath, [join(ROOT, "dist", "bin", "eso.js"), ...words], {
    cwd: ROOT,
    stdio: "inherit",
  });
  if (run.status !== 0) process.exit(run.status ?? 1);
}

eso("init");

console.log("\nA sample orchestration, PAY-7: four agents, a gap, a failed test, a fix, a pull request.");
{
  await using store = await openStore({ path: STORE });
  const events = sampleOrchestration("PAY-7", "2026-11-20T09:00:00Z");
  const acks = [];
  for (const event of events) acks.push(await store.logEvent(event));
  const fresh = acks.filter((ack) => !ack.duplicate).length;
  console.log(
    `${fresh} events recorded, ${acks.length - fresh} known already; each is on disk (${acks[0]?.durability}).`,
  );
}
eso("show", "PAY-7", "--all");

console.log("\nWhat was going on when the first thing failed, and what has changed since:");
eso("at", "PAY-7", "@error");
eso("diff", "PAY-7", "@error", "@end");

if (existsSync(join(ROOT, ".git"))) {
  eso("import", "git", ".", "--projects", "ESO");
  eso("ls");
  eso("show", "ESO-2");
} else {
  console.log("\nThis folder is not a git clone, so there is no history to import.");
}

console.log(`
The files are plain: ls ${join("sessions", "events")}/*/
What to try next:
  npx eso state PAY-7 --at seq:9                        the state behind any event
  npx eso why PAY-7:9                                   why it happened, and what came of it
  npx eso bisect PAY-7 'size(resolved_gaps) > 0'        the event at which something became true
  npx eso replay PAY-7 --from 5                         what acting on it again would do: only a plan
  npx eso verify                                        check the record from its bytes alone
  npx eso tail -f                                       watch it fill
  npx eso log ErrorOccurred --issue PAY-7 --meta error_type=demo --meta error_message=hello
  npx eso query --issue PAY-7 --jsonl | jq .event_type  or any tool that reads JSON
  npx eso stats store                                   how fast, how large
  npx eso --help`);
