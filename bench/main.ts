/**
 * Every figure beside its baseline, measured in one run on one disk: `npm run bench [-- --write] [-- part …]`.
 * Parts: appends, read, sizes, habits, states, verify, million, start. `--write` replaces docs/performance.md.
 */
import { writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";

import { batches, manyProcesses, manyStreams, oneByOne } from "./appends.ts";
import { benchFolder, type Measurement, ratioOf } from "./harness.ts";
import { appendsAtSize, millionEvents } from "./large-store.ts";
import { streamRead } from "./reads.ts";
import { startUp } from "./startup.ts";
import { summariesAndSnapshots } from "./habits.ts";
import { states } from "./states.ts";
import { verification } from "./verify.ts";

type Part = (folder: string) => Promise<Measurement[]> | Measurement[];

const SIZES = [
  { events: 10_000, streams: 100 },
  { events: 100_000, streams: 10_000 },
  { events: 1_000_000, streams: 10_000 },
  { events: 1_000_000, streams: 100_000 },
];

const PARTS: Readonly<Record<string, Part>> = {
  appends: async (folder) => [
    await oneByOne(folder),
    await manyStreams(folder),
    await batches(folder),
    await manyProcesses(folder),
  ],
  read: async (folder) => [await streamRead(folder)],
  start: (folder) => startUp(folder),
  habits: (folder) => summariesAndSnapshots(folder),
  states: (folder) => states(folder),
  verify: (folder) => verification(folder),
  million: (folder) => millionEvents(folder),
  async sizes(folder) {
    const measured: Measurement[] = [];
    for (const size of SIZES) measured.push(await appendsAtSize(folder, size));
    return measured;
  },
};

const shown = (value: number): string =>
  value.toLocaleString("en", { maximumFractionDigits: value < 100 ? 2 : 0 });

function row(measurement: Measurement): string {
  const { name, ours, baseline, unit, bar } = measurement;
  return `| ${name} | ${shown(ours)} ${unit} | ${shown(baseline)} ${unit} | ${ratioOf(measurement).toFixed(2)} | ${bar} |`;
}

const HEAD = `# Performance

Made by \`npm run bench -- --write\`; do not edit. Every line was measured in one run on one machine, ours beside
its baseline; the ratio says how ours compares (higher is better, for times too). Durability is \`group\`: an
append is on disk when it is acknowledged.

${new Date().toISOString().slice(0, 10)}, Node.js ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? "CPU"}, ${Math.round(totalmem() / 2 ** 30)} GiB

| What | Ours | Baseline | Ratio | Bar |
| --- | --- | --- | --- | --- |
`;
const write = process.argv.includes("--write");
const page = join(import.meta.dirname, "..", "docs", "performance.md");

const chosen = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const rows: string[] = [];

/** Shows a row at once, and keeps what is measured so far: a long run may be cut short. */
function report(line: string): void {
  rows.push(line);
  console.log(line);
  if (write) writeFileSync(page, `${HEAD}${rows.join("\n")}\n`);
}

for (const [name, part] of Object.entries(PARTS)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const { path, done } = benchFolder();
  try {
    for (const measurement of await part(path)) {
      report(row(measurement));
    }
  } finally {
    done();
  }
}
