import { readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "vitest";

import { recordPruned, removePruned } from "../../src/store/archive/prune.ts";
import { recordFailedRun, SHOP } from "../../src/cli/failed-run.fixture.ts";
import { DEFAULT_CONFIG } from "../../src/index.ts";
import { runArchive } from "../../src/store/archive/run-archive.ts";
import { openLater, partsOf, recordDays } from "../archive/store-days.ts";
import { flipBit } from "./mutations.ts";
import { python, reports, slimCopy, withPython } from "./python.ts";
import { linesOf, scratchFolder } from "./sealed-store.ts";

const DAYS = 3;
const PER_DAY = 40;
const LATER = 100;
/** Each is followed by a new one at every chance, so that it lets go of lines that are to be deleted. */
const SHORT_JOURNALS = {
  ...DEFAULT_CONFIG,
  storage: { ...DEFAULT_CONFIG.storage, journal_max_bytes: 1 },
};

/** A store whose days are archived; `prune`: those of one issue are deleted on purpose. */
async function archived(folder: string, prune = false): Promise<string> {
  const path = join(folder, "events");
  await recordDays(path, DAYS, PER_DAY);
  {
    await using store = await openLater(path, LATER);
    await runArchive(partsOf(store, path, LATER), { olderThanDays: 90 });
  }
  if (!prune) return path;
  const policy = { olderThanDays: 90, by: "command", floorDays: 0, issue: "PROJ-1" } as const;
  {
    await using store = await openLater(path, LATER + 1, { config: SHORT_JOURNALS });
    await recordPruned(partsOf(store, path, LATER + 1), policy);
  }
  // The journal has let go of the lines by now.
  await using store = await openLater(path, LATER + 2, { config: SHORT_JOURNALS });
  await removePruned(partsOf(store, path, LATER + 2), { issue: "PROJ-1" });
  return path;
}

function filesEnding(path: string, ending: string): [string, ...string[]] {
  const names = readdirSync(path, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(ending),
  );
  return names.sort() as [string, ...string[]];
}

withPython("archived lines are read as if they lay where they did, and damage to them is named", async () => {
  const folder = scratchFolder();
  const path = await archived(folder);
  const [report] = reports([path]);
  expect(report).toMatchObject({ verdict: "intact", findings: [] });
  expect(report?.events).toBe(report?.last_position);
  expect(report?.events).toBeGreaterThan(DAYS * PER_DAY);
  const copies: string[] = [];
  const [file] = filesEnding(path, ".jsonl.zst");
  for (let at = 0; at < 24; at++) {
    const copy = slimCopy(path, join(folder, `copy-${at}`));
    flipBit(join(copy, file), at * 401);
    copies.push(copy);
  }
  for (const damaged of reports(copies)) {
    expect(damaged.verdict).toBe("violated");
    expect(damaged.findings.map((finding) => finding.file)).toContain(file);
  }
  const gone = slimCopy(path, join(folder, "gone"));
  rmSync(join(gone, file));
  expect(reports([gone])[0]?.findings.map(({ code }) => code)).toContain("missing");
});

withPython("what was pruned is told apart from what is missing", async () => {
  const folder = scratchFolder();
  const path = await archived(folder, true);
  expect(filesEnding(path, ".leaves.zst").length).toBeGreaterThan(0);
  const [report] = reports([path]);
  expect(report).toMatchObject({ verdict: "intact", findings: [] });
  expect(report?.events).toBeLessThan(report?.last_position ?? 0);
  expect(report?.proven.join("\n")).toMatch(/of PROJ-1 were pruned, recorded/);
  expect(report?.not_proven.join("\n")).toMatch(/what the \d+ pruned events .* said/);
  // The hashes of another file in its place, damaged ones, and none.
  const [leaves, other] = filesEnding(path, ".leaves.zst");
  const swapped = slimCopy(path, join(folder, "swapped"));
  renameSync(join(swapped, other as string), join(swapped, leaves));
  const flipped = slimCopy(path, join(folder, "flipped"));
  flipBit(join(flipped, leaves), 8 * 40);
  const lost = slimCopy(path, join(folder, "lost"));
  rmSync(join(lost, leaves));
  for (const { verdict } of reports([swapped, flipped, lost])) expect(verdict).toBe("violated");
});

withPython("summaries that archiving leaves behind must be copies of lines of the record", async () => {
  const path = join(scratchFolder(), "events");
  await recordFailedRun(path);
  const day = join(path, "2026-11-24", SHOP);
  const lines = linesOf(join(day, "events.jsonl")).filter((line) => line.includes("SummaryCreated"));
  expect(lines.length).toBeGreaterThan(0);
  writeFileSync(join(day, "summaries.jsonl"), lines.join(""));
  expect(reports([path])[0]).toMatchObject({ verdict: "intact", findings: [] });
  writeFileSync(join(day, "summaries.jsonl"), lines.slice(1).join(""));
  expect(reports([path])[0]?.findings).toMatchObject([{ code: "summary" }]);
  writeFileSync(join(day, "summaries.jsonl"), lines.join("").replace("failed", "passed"));
  expect(reports([path])[0]?.findings).toMatchObject([{ code: "summary" }]);
});

withPython("without zstd the archive is not taken for missing, nor for intact", async () => {
  const folder = scratchFolder();
  const path = await archived(folder);
  const { status, stdout } = python([path], { tools: false });
  expect(status).toBe(5);
  expect(stdout).toContain("no zstd command was found");
});
