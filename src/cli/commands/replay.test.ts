import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { fileReplays } from "../../engines/files/file-replays.ts";
import { openStore } from "../../open.ts";
import type { ReplayPlan } from "../../store/replay/replay-options.ts";
import { type CliResult, recordEvents, runCli, temporaryFolder } from "../run-cli.fixture.ts";

const EVENTS = [
  { event_type: "PhaseStarted", metadata: { phase: "CODE" } },
  { event_type: "CommentPosted", metadata: { comment_id: "1", comment_body: "hello \u001b[31m" } },
  { event_type: "DocumentationCreated", metadata: { doc_path: "README.md" } },
  { event_type: "PRMerged", metadata: { pr_number: 4 } },
  { event_type: "AgentSpawned", metadata: { agent_name: "coder" } },
];
const ONCE = [2, 4];
const ALLOW = ["--allow-once", "CommentPosted,PRMerged"];

/** Notes each effect in a file; dies with its parent, or tells it to stop, where the environment says so. */
const EFFECT = `#!/bin/sh
read -r event
case "$event" in *'"event_id":"'$ESO_EVENT_ID'"'*) ;; *) exit 9 ;; esac
if [ "$AT" = "$ESO_EVENT_SEQUENCE" ]; then
  case "$DO" in
    die-before) kill -9 $PPID; exit 1 ;;
    die-after) echo $ESO_EVENT_SEQUENCE >> effects; kill -9 $PPID; exit 1 ;;
    stop) kill -INT $PPID ;;
    fail) exit 3 ;;
  esac
fi
echo $ESO_EVENT_SEQUENCE >> effects
`;

interface Place {
  readonly path: string;
  readonly store: string;
}

async function placeIn(folder: { readonly path: string }): Promise<Place> {
  const store = join(folder.path, "s");
  await recordEvents(store, EVENTS);
  writeFileSync(join(folder.path, "effect.sh"), EFFECT);
  chmodSync(join(folder.path, "effect.sh"), 0o755);
  return { path: folder.path, store };
}

function eso(
  { path, store }: Place,
  words: readonly string[],
  env: Record<string, string> = {},
): Promise<CliResult> {
  return runCli([...words, "--store", store], { cwd: path, env });
}

const replay = (
  place: Place,
  words: readonly string[],
  env: Record<string, string> = {},
): Promise<CliResult> => eso(place, ["replay", "PROJ-1", ...words], env);

function effectsIn({ path }: Place): readonly number[] {
  const file = join(path, "effects");
  return existsSync(file) ? readFileSync(file, "utf8").trim().split("\n").map(Number) : [];
}

function replayId({ store }: Place): string {
  const [id = "", ...others] = fileReplays(store).list();
  expect(others).toEqual([]);
  return id;
}

async function markersOf({ store }: Place): Promise<Readonly<Record<string, unknown>>[]> {
  await using opened = await openStore({ path: store });
  const markers: Readonly<Record<string, unknown>>[] = [];
  for await (const { metadata } of opened.queryEvents({ eventTypes: "EventsReplayed" }))
    markers.push(metadata);
  return markers;
}

describe("eso replay without --run", () => {
  it("shows the plan, does nothing, and says what a real run would need", async () => {
    using folder = temporaryFolder();
    const place = await placeIn(folder);
    const { code, stdout, stderr } = await replay(place, ["--exec", "./effect.sh"]);
    expect(code).toBe(0);
    const rows = stdout
      .trim()
      .split("\n")
      .map((row) => row.split("\t"));
    expect(rows.map(([sequence, action, reason]) => `${sequence} ${action} ${reason}`)).toEqual([
      "1 run ",
      "2 refuse once",
      "3 run ",
      "4 refuse once",
      "5 run ",
    ]);
    expect(stdout).not.toContain("\u001b");
    expect(stderr).toContain("--allow-once CommentPosted,PRMerged");
    const json = JSON.parse(
      (await replay(place, ["--json", ...ALLOW, "--from", "2", "--to", "seq:4"])).stdout,
    ) as ReplayPlan;
    expect(json).toMatchObject({ schema: "eso.replay/1", dry_run: true, counts: { run: 3 }, refusals: [] });
    const lines = (await replay(place, ["--jsonl", "--type", "PRMerged"])).stdout.trim().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { reason?: string }).reason)).toEqual([
      "not_chosen",
      "not_chosen",
      "not_chosen",
      "once",
      "not_chosen",
    ]);
    const fine = await replay(place, ["--skip-non-idempotent"]);
    expect(fine.stderr).toBe(
      "Nothing was done. To do it: eso replay PROJ-1 --skip-non-idempotent --store " +
        `${place.store} --run --exec COMMAND\n`,
    );
    expect(effectsIn(place)).toEqual([]);
    expect(existsSync(join(place.store, ".store", "replays"))).toBe(false);
    expect(await markersOf(place)).toEqual([]);
  });

  it.each([
    [["--run"], 2, "--run needs to know what to run"],
    [["--run", "--exec", "a", "--handler", "b"], 2, "two ways"],
    [["--exec", "cat | wc"], 2, "| outside of quotes"],
    [["--exec", "'cat"], 2, "not closed"],
    [["--exec", "./nothing.sh"], 3, "there is no program"],
    [["--handler", "nothing.js"], 3, "there is no file"],
    [["--from", "2h"], 2, "must be the number of an event"],
    [["--from", "9"], 2, "has no event 9"],
    [["--from", "3", "--to", "2"], 2, "must not be before"],
    [["--on-failure", "retry"], 2, "cannot be"],
    [["--resume", "nothing"], 3, "there is no replay nothing"],
    [["--run", "--exec", "true"], 1, "ESO_REPLAY_REFUSED"],
  ])("%j is refused", async (words, code, says) => {
    using folder = temporaryFolder();
    const place = await placeIn(folder);
    const result = await replay(place, words);
    expect(result.stderr).toContain(says);
    expect(result.code).toBe(code);
    expect(await markersOf(place)).toEqual([]);
  });
});

describe("eso replay --run", () => {
  it("hands each event to the command and records that it did", async () => {
    using folder = temporaryFolder();
    const place = await placeIn(folder);
    const done = await replay(place, ["--run", "--exec", "./effect.sh", "--actor", "user:ada", ...ALLOW]);
    expect(done.code).toBe(0);
    expect(
      done.stdout
        .trim()
        .split("\n")
        .map((row) => row.split("\t").slice(0, 2).join(" ")),
    ).toEqual([1, 2, 3, 4, 5].map((n) => `${n} done`));
    expect(done.stderr).toContain("Recorded as PROJ-1 #6 EventsReplayed");
    expect(effectsIn(place)).toEqual([1, 2, 3, 4, 5]);
    expect(await markersOf(place)).toMatchObject([
      { replayed_count: 5, overrides: ["once:CommentPosted", "once:PRMerged"] },
    ]);
  });

  it("stops at a failure, or goes on, as told; exit code 1", async () => {
    using folder = temporaryFolder();
    const place = await placeIn(folder);
    const words = ["--run", "--exec", "./effect.sh", "--skip-non-idempotent"];
    const stopped = await replay(place, words, { AT: "3", DO: "fail" });
    expect(stopped.code).toBe(1);
    expect(stopped.stdout).toContain("3\tfailed\tDocumentationCreated\t");
    expect(stopped.stdout).toContain("\texit code 3\n");
    expect(stopped.stderr).toContain("To try again from there: eso replay PROJ-1 --from 3");
    const went = await replay(place, [...words, "--on-failure", "continue", "--json"], {
      AT: "3",
      DO: "fail",
    });
    expect(went.code).toBe(1);
    expect(JSON.parse(went.stdout)).toMatchObject({ status: "finished", counts: { done: 2, failed: 1 } });
    expect(effectsIn(place)).toEqual([1, 1, 5]);
    expect(await markersOf(place)).toMatchObject([
      { failed_count: 1, stopped_before_sequence: 5 },
      { failed_count: 1, replayed_count: 3 },
    ]);
  });

  it("calls the functions of a module", async () => {
    using folder = temporaryFolder();
    const place = await placeIn(folder);
    const note = `import { appendFileSync } from "node:fs"; const note = (e) => appendFileSync("effects", e.event_sequence + "\\n");`;
    const modules = {
      "one.mjs": `${note} export default note;`,
      "named.mjs": `${note} export const PhaseStarted = note; export const helper = () => { throw new Error(); };`,
      "table.mjs": `${note} export default { AgentSpawned: { run: note, precondition: (e, { stateBefore }) => stateBefore.current_phase === "CODE" || "wrong phase" } };`,
      "none.mjs": `export const helper = 1;`,
    };
    for (const [name, text] of Object.entries(modules)) writeFileSync(join(place.path, name), text);
    const words = ["--run", "--skip-non-idempotent", "--to", "5", "--handler"];
    for (const name of ["one.mjs", "named.mjs", "./table.mjs"])
      expect((await replay(place, [...words, name])).code).toBe(0);
    expect(effectsIn(place)).toEqual([1, 3, 5, 1, 5]);
    expect(await replay(place, [...words, "none.mjs"])).toMatchObject({ code: 2 });
  });
});

describe("an interrupted eso replay", () => {
  it.each([2, 3, 5].flatMap((at) => ["die-before", "die-after"].map((how) => [at, how] as const)))(
    "killed at event %i, %s its effect: resumes, nothing that must happen once happens twice",
    async (at, how) => {
      using folder = temporaryFolder();
      const place = await placeIn(folder);
      const words = ["--run", "--exec", "./effect.sh"];
      const killed = await replay(place, [...words, ...ALLOW], { AT: String(at), DO: how });
      expect(killed.code).toBeNull();
      expect(await markersOf(place)).toEqual([]);
      const id = replayId(place);
      expect((await replay(place, ["--from", "1"])).stderr).toContain(
        `Replay ${id} was not finished (${at - 1} of 5`,
      );
      const unknown = ONCE.includes(at);
      const rest = await replay(place, ["--resume", id, "--json", ...words]);
      expect(rest.code).toBe(unknown ? 1 : 0);
      expect(JSON.parse(rest.stdout)).toMatchObject({
        status: "finished",
        counts: { unknown: unknown ? 1 : 0 },
      });
      if (unknown) expect(rest.stderr).toContain(`whether they happened is not known: #${at}`);
      const effects = effectsIn(place);
      for (const n of [1, 2, 3, 4, 5]) {
        const count = effects.filter((one) => one === n).length;
        const expected = n !== at ? 1 : unknown ? Number(how === "die-after") : how === "die-after" ? 2 : 1;
        expect(`${n}: ${count}`).toBe(`${n}: ${expected}`);
      }
      const again = await replay(place, ["--resume", id, ...words]);
      expect(again.stderr).toContain("was finished before; nothing was done");
      expect(effectsIn(place)).toEqual(effects);
      expect(await markersOf(place)).toMatchObject([{ replay_id: id, replayed_count: unknown ? 4 : 5 }]);
    },
  );

  it("stops on Ctrl-C behind the event at hand, with what to do next", async () => {
    using folder = temporaryFolder();
    const place = await placeIn(folder);
    const words = ["--run", "--exec", "./effect.sh"];
    const stopped = await replay(place, [...words, ...ALLOW], { AT: "2", DO: "stop" });
    expect(stopped.code).toBe(130);
    const id = replayId(place);
    expect(stopped.stderr).toContain(
      `Interrupted: 2 done, 3 not reached. Go on with: eso replay PROJ-1 --resume ${id}`,
    );
    expect(await markersOf(place)).toEqual([]);
    const held = await fileReplays(place.store).open(id);
    expect(await replay(place, [...words, "--resume", id])).toMatchObject({ code: 7 });
    held?.close();
    expect((await replay(place, [...words, "--resume", id])).code).toBe(0);
    expect(effectsIn(place)).toEqual([1, 2, 3, 4, 5]);
    expect(await markersOf(place)).toMatchObject([{ replayed_count: 5, failed_count: 0 }]);
    expect(readdirSync(join(place.store, ".store", "replays"))).toHaveLength(2);
  });
});
