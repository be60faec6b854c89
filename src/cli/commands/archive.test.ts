import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { recordEvents, runCli, temporaryFolder } from "../run-cli.fixture.ts";

const FIRST_DAY = Date.UTC(2020, 2, 1, 9);
const DAY_MS = 86_400_000;

/** Two old days of two issues. */
async function oldStore(path: string): Promise<void> {
  for (const day of [0, 1])
    await recordEvents(
      path,
      Array.from({ length: 6 }, (_, at) => ({ issue_key: `PROJ-${1 + (at % 2)}` })),
      FIRST_DAY + day * DAY_MS,
    );
}

test("old days are archived, listed, brought back, and answered from all the while", async () => {
  using folder = temporaryFolder();
  const store = join(folder.path, "events");
  await oldStore(store);
  const eso = (...words: string[]) => runCli([...words, "--store", store]);
  const before = await eso("query", "--type", "PhaseStarted");
  expect((await eso("archive", "run", "--dry-run")).stderr).toContain("4 files would be archived");
  const run = await eso("archive", "run");
  expect(run).toMatchObject({ code: 0 });
  expect(run.stdout.split("\n")[0]).toMatch(/^2020-03-01\tPROJ-1\t\d+\t\d+\t\d+%$/);
  expect(await eso("query", "--type", "PhaseStarted")).toEqual(before);
  expect((await eso("archive", "run")).stderr).toBe("Nothing more than 90 days old is left to archive.\n");
  const plain = join(store, "2020-03-01", "PROJ-1", "events.jsonl");
  expect(existsSync(plain)).toBe(false);
  expect((await eso("archive", "list")).stdout).toMatch(/^2020-03-01\tPROJ-1\tarchived\t\d+\t\d+\t\n/);
  const back = await eso("archive", "restore", "PROJ-1", "--day", "2020-03-01");
  expect(back.stdout).toMatch(/^2020-03-01\/PROJ-1\/events\.jsonl {2}[\d.]+ kB\n$/);
  expect(readFileSync(plain, "utf8").split("\n").length).toBe(4);
  expect(await eso("archive", "restore", "PROJ-1", "--day", "2019-01-01")).toMatchObject({ code: 3 });
  expect(await eso("archive", "restore", "PROJ-9")).toMatchObject({ code: 3 });
});

test("pruning takes a word, an age and a yes, and leaves held issues alone", async () => {
  using folder = temporaryFolder();
  const store = join(folder.path, "events");
  await oldStore(store);
  const eso = (...words: string[]) => runCli([...words, "--store", store]);
  expect(await eso("archive", "hold", "PROJ-2")).toMatchObject({ code: 2 });
  expect(await eso("archive", "hold", "PROJ-2", "--why", "claim 7")).toMatchObject({ code: 0 });
  expect(await eso("archive", "run", "--prune", "--yes")).toMatchObject({ code: 2 });
  expect(await eso("archive", "run", "--prune", "--older-than", "100")).toMatchObject({ code: 2 });
  const run = await eso("archive", "run", "--prune", "--older-than", "100", "--yes", "--json");
  const { schema, pruned } = JSON.parse(run.stdout) as { schema: string; pruned: Record<string, unknown>[] };
  expect(schema).toBe("eso.archive-run/1");
  expect(pruned.map(({ stream, kept }) => [stream, kept ?? "gone"])).toEqual([
    ["PROJ-1", "gone"],
    ["PROJ-1", "gone"],
    ["PROJ-2", "held"],
    ["PROJ-2", "held"],
  ]);
  const query = await eso("query", "--issue", "PROJ-1", "--type", "PhaseStarted");
  expect(query.stdout).toBe("");
  expect(query.stderr).toContain("warning: some events of PROJ-1 were pruned");
  expect(await eso("at", "PROJ-1", "2020-03-01T12:00:00Z")).toMatchObject({ code: 3 });
  const record = await eso("query", "--issue", "PROJ-1", "--type", "StorePruned", "--json");
  expect(JSON.parse(record.stdout)).toMatchObject({
    events: [
      { metadata: { first_sequence: 1, last_sequence: 3, policy: { prune_after_days: 100, by: "command" } } },
      { metadata: { first_sequence: 4, last_sequence: 6 } },
    ],
  });
});

test("a policy in the configuration prunes only when both of its keys say so", async () => {
  using folder = temporaryFolder();
  const store = join(folder.path, "events");
  await oldStore(store);
  const config = join(folder.path, "config.yaml");
  const eso = (...words: string[]) => runCli([...words, "--store", store, "--config", config]);
  const prunes = async (text: string): Promise<boolean> => {
    writeFileSync(config, text);
    const { stdout } = await eso("archive", "run", "--dry-run", "--json");
    return "pruned" in (JSON.parse(stdout) as object);
  };
  expect(await prunes("retention: { prune_after_days: 100 }")).toBe(false);
  expect(await prunes("retention: { prune: true }")).toBe(false);
  expect(await prunes("cleanup: { enabled: true, delete_after_days: 100 }")).toBe(false);
  expect(await prunes("retention: { prune: true, prune_after_days: 100 }")).toBe(true);
  const { stdout } = await eso("archive", "run", "--json");
  expect(JSON.parse(stdout)).toMatchObject({ pruned: [{ day: "2020-03-01" }, {}, {}, {}] });
});

test("a store is backed up into a folder and a file, and made anew from them", async () => {
  using folder = temporaryFolder();
  const store = join(folder.path, "events");
  await oldStore(store);
  const eso = (words: string[], base = store) => runCli([...words, "--store", base], { cwd: folder.path });
  const before = await eso(["query", "--type", "PhaseStarted"]);
  for (const target of ["kept", "kept.tar"]) {
    const made = await eso(["backup", target, "--json"]);
    expect(JSON.parse(made.stdout)).toMatchObject({
      schema: "eso.backup-made/1",
      target: join(folder.path, target),
    });
    const base = join(folder.path, `from-${target}`);
    expect(await eso(["restore", target], base)).toMatchObject({ code: 0 });
    expect(await eso(["query", "--type", "PhaseStarted"], base)).toEqual(before);
    expect((await eso(["query", "--type", "StoreRestored"], base)).stdout).toContain(
      `store restored from ${target}`,
    );
    expect(await eso(["restore", target], base)).toMatchObject({ code: 2 });
  }
  expect(await eso(["backup", join(store, "inside")])).toMatchObject({ code: 2 });
  mkdirSync(join(folder.path, "other"));
  writeFileSync(join(folder.path, "other", "mine.txt"), "");
  expect(await eso(["backup", "other"])).toMatchObject({ code: 2 });
});
