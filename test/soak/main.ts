import { join } from "node:path";
import { parseArgs } from "node:util";

import { killRounds, retryAfterKill } from "../faults/kill-rounds.ts";
import { crowd, watchOthers } from "../faults/processes.ts";
import { seeded, temporaryFolder } from "../faults/support.ts";
import { faultPoints, meetFault } from "../faults/syscall-faults.ts";
import { tearApply, tearFiles, tearJournal, zeroFiles } from "../faults/torn-tails.ts";
import { recoverAtScale } from "./recovery-time.ts";

const HELP = `npm run test:soak -- [PART...] [options]

Long versions of the fault tests, with real processes. Without PART all of them run.

Parts:
  kills      rounds of 4 writers that are killed, each finding what the last ones left
  syscalls   a kill, EIO and ENOSPC at every occurrence of every write-side system call (needs strace)
  torn       torn tails at every byte of the last three lines
  crowds     many processes at once, and readers that follow
  recovery   time from a kill at a million events to the first acknowledgement

Options:
  --rounds N     rounds of kills                        (200)
  --events N     events in the store of "recovery"      (1000000)
  --seconds N    repeat with further seeds until then   (0: once)
  --seed N       where to begin                         (20261124)
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "200" },
    events: { type: "string", default: "1000000" },
    seconds: { type: "string", default: "0" },
    seed: { type: "string", default: "20261124" },
    help: { type: "boolean", short: "h", default: false },
  },
});

/** From a kill at a million events to the first acknowledgement. */
const RECOVERY_MS_MAX = 1000;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function kills(seed: number): Promise<void> {
  using folder = temporaryFolder();
  const rounds = Number(values.rounds);
  await killRounds({ folder: folder.path, rounds, writers: 4, seed, checkEvery: 10, progress: say });
  const random = seeded(seed);
  for (let round = 0; round < Math.ceil(rounds / 20); round++) {
    using own = temporaryFolder();
    await retryAfterKill(own.path, 1 + Math.floor(random() * 59));
  }
}

async function syscalls(): Promise<void> {
  using folder = temporaryFolder();
  const points = await faultPoints(folder.path);
  say(`${points.length} faults`);
  const queue = points.entries();
  const wrong: string[] = [];
  const worker = async (): Promise<void> => {
    for (const [index, point] of queue) {
      using own = temporaryFolder();
      const found = await meetFault(own.path, point);
      if (found !== undefined) wrong.push(`${point.fault} at ${point.call} ${point.when}: ${found}`);
      if (index % 100 === 99) say(`${index + 1} faults met, ${wrong.length} wrong`);
    }
  };
  await Promise.all([worker(), worker()]);
  if (wrong.length > 0) throw new Error(wrong.join("\n"));
}

async function torn(seed: number): Promise<void> {
  for (const [name, tear] of Object.entries({ tearFiles, zeroFiles, tearJournal, tearApply })) {
    using folder = temporaryFolder();
    const cuts = await tear(name === "tearApply" ? folder.path : join(folder.path, "store"), {
      first: seed,
      step: 1,
    });
    say(`${name}: ${cuts} cuts`);
  }
}

async function crowds(seed: number): Promise<void> {
  const random = seeded(seed);
  for (let round = 0; round < 5; round++) {
    using folder = temporaryFolder();
    const batch = 1 + Math.floor(random() * 20);
    const width = 1 + Math.floor(random() * 8);
    const journalMaxBytes = 20_000 + Math.floor(random() * 200_000);
    const job = { streams: ["PROJ-1", "PROJ-2", "global"], events: 500, batch, width, journalMaxBytes };
    const checked = await crowd({ folder: folder.path, writers: 8, job, tails: 3 });
    using watched = temporaryFolder();
    const looks = await watchOthers(watched.path, { batch, width, journalMaxBytes, events: 2000 });
    say(`8 writers, batches of ${batch}: ${checked.events.length} events; ${looks} reads that found more`);
  }
}

async function recovery(): Promise<void> {
  using folder = temporaryFolder();
  const { afterKill_ms, afterPowerLoss_ms } = await recoverAtScale(folder.path, Number(values.events), say);
  say(`first acknowledgement after a kill: ${afterKill_ms.toFixed(0)} ms`);
  say(`first acknowledgement when the head is lost too: ${afterPowerLoss_ms.toFixed(0)} ms`);
  if (afterKill_ms > RECOVERY_MS_MAX)
    throw new Error(`a kill cost ${afterKill_ms.toFixed(0)} ms, more than ${RECOVERY_MS_MAX} ms`);
}

const PARTS: Readonly<Record<string, (seed: number) => Promise<void>>> = {
  kills,
  syscalls,
  torn,
  crowds,
  recovery,
};

async function main(): Promise<number> {
  if (values.help) {
    say(HELP);
    return 0;
  }
  const chosen = positionals.length === 0 ? Object.keys(PARTS) : positionals;
  const unknown = chosen.find((name) => PARTS[name] === undefined);
  if (unknown !== undefined) {
    process.stderr.write(`there is no part ${unknown}\n\n${HELP}`);
    return 2;
  }
  const until = performance.now() + Number(values.seconds) * 1000;
  for (let seed = Number(values.seed); ; seed++) {
    for (const name of chosen) {
      say(`== ${name}, seed ${seed}`);
      const began = performance.now();
      await PARTS[name]?.(seed);
      say(`== ${name}: good after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    }
    if (performance.now() >= until) return 0;
  }
}

process.exitCode = await main();
