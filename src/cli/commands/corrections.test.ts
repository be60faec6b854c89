import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { openStore } from "../../open.ts";
import { type CliResult, recordEvents, runCli, temporaryFolder } from "../run-cli.fixture.ts";

const EVENTS = [
  { event_type: "PhaseStarted", metadata: { phase: "CODE" } },
  { event_type: "AgentSpawned", metadata: { agent_name: "coder" } },
];

/** A store with two events, and the command working on it. */
async function storeIn(folder: { readonly path: string }) {
  const store = join(folder.path, "s");
  await recordEvents(store, EVENTS);
  const eso = (...words: string[]): Promise<CliResult> =>
    runCli([...words, "--store", store], { cwd: folder.path });
  const json = async (...words: string[]): Promise<Record<string, unknown>> =>
    JSON.parse((await eso(...words, "--json")).stdout) as Record<string, unknown>;
  return { store, eso, json };
}

describe("eso void", () => {
  it("takes an event out of queries, timelines and states, and shows it when asked to", async () => {
    using folder = temporaryFolder();
    const { store, eso, json } = await storeIn(folder);
    const found = (await json("query", "--type", "AgentSpawned")) as { events: { event_id: string }[] };
    const id = found.events[0]?.event_id ?? "";
    const done = await eso("void", id, "--why", "logged \u001b[31m twice", "--actor", "user:ada");
    expect(done).toMatchObject({ code: 0, stderr: "" });
    expect(done.stdout).toBe(
      "PROJ-1 #2  AgentSpawned  agent coder started\nis void now, by #3: logged \\u001b[31m twice (ada)\n",
    );
    expect((await json("query", "--type", "AgentSpawned"))["events"]).toEqual([]);
    expect((await json("query", "--type", "AgentSpawned", "--include-voided"))["events"]).toHaveLength(1);
    expect((await eso("show", "PROJ-1")).stdout).not.toContain("agent coder started");
    expect((await eso("show", "PROJ-1", "--include-voided")).stdout).toContain("agent coder started");
    {
      await using opened = await openStore({ path: store });
      expect((await opened.reconstructState("PROJ-1")).active_agents).toEqual([]);
    }
    const again = await json("void", id, "--why", "again");
    expect(again).toMatchObject({ schema: "eso.void/1", already: true, by: { event_sequence: 3 } });
    expect((await json("show", "PROJ-1"))["head_sequence"]).toBe(3);
  });

  it.each([
    [["void", "5f0e6a0c-94b1-4a3e-9d0a-2f6a6f2f3c11", "--why", "x"], 3],
    [["void", "5f0e6a0c-94b1-4a3e-9d0a-2f6a6f2f3c11"], 2],
    [["void", "x", "--why", "x", "--actor", "ada"], 2],
  ])("%j is refused", async (words, code) => {
    using folder = temporaryFolder();
    const { eso } = await storeIn(folder);
    expect((await eso(...words)).code).toBe(code);
  });

  it("makes no store", async () => {
    using folder = temporaryFolder();
    const { code } = await runCli(["void", "x", "--why", "x", "--store", join(folder.path, "none")]);
    expect(code).toBe(3);
  });
});

describe("eso checkpoint", () => {
  it("records the state and the commit, lists them, and goes back only to what is the same", async () => {
    using folder = temporaryFolder();
    const { eso, json } = await storeIn(folder);
    const git = (...words: string[]): string =>
      execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...words], {
        cwd: folder.path,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }).trim();
    git("init", "-q");
    writeFileSync(join(folder.path, "file"), "1");
    git("add", "file");
    git("commit", "-q", "-m", "first");
    const sha = git("rev-parse", "HEAD");
    expect((await eso("checkpoint", "list", "PROJ-1")).stderr).toContain("has no checkpoints");
    const made = await json("checkpoint", "create", "PROJ-1", "--reason", "before it", "--actor", "user:ada");
    expect(made).toMatchObject({ git_sha: sha, can_rollback: true, phase: "CODE", state: { sequence: 2 } });
    writeFileSync(join(folder.path, "file"), "changed");
    const dirty = await eso("checkpoint", "create", "PROJ-1", "--id", "dirty");
    expect(dirty.stdout).toMatch(
      /^PROJ-1 #4 {2}checkpoint dirty {2}\(state behind #3, commit [0-9a-f]{8}\)\n$/,
    );
    expect(dirty.stderr).toContain("changes that are in no commit");
    expect((await eso("checkpoint", "create", "PROJ-1", "--id", "dirty")).code).toBe(7);
    const id = String(made["checkpoint_id"]);
    const restored = await eso("checkpoint", "restore", "PROJ-1", id, "--reason", "no way");
    expect(restored.code).toBe(0);
    expect(restored.stderr).toContain(`git switch --detach ${sha}`);
    const list = (await json("checkpoint", "list", "PROJ-1")) as { checkpoints: { restored: string[] }[] };
    expect(list.checkpoints).toMatchObject([
      { checkpoint_id: id },
      { checkpoint_id: "dirty", can_rollback: false },
    ]);
    expect(list.checkpoints[0]?.restored).toHaveLength(1);
    await eso(
      "log",
      "CheckpointCreated",
      "--issue",
      "PROJ-1",
      "-m",
      "checkpoint_id=forged",
      "-m",
      `state_snapshot=seq:1 sha256:${"0".repeat(64)}`,
    );
    expect(await eso("checkpoint", "restore", "PROJ-1", "forged")).toMatchObject({ code: 4 });
    expect((await eso("checkpoint", "restore", "PROJ-1", "none")).code).toBe(3);
    expect((await eso("checkpoint", "create", "PROJ-9")).code).toBe(3);
  });

  it("works for events of no issue, also where a default issue is set", async () => {
    using folder = temporaryFolder();
    const store = join(folder.path, "s");
    const env = { ESO_STORE: store, ESO_ISSUE: "PROJ-5" };
    await runCli(["log", "PhaseStarted", "-m", "phase=PLAN", "--issue", "global"], { env });
    const made = await runCli(["checkpoint", "create", "global", "--id", "c"], { env });
    expect(made.stdout).toContain("global #2  checkpoint c");
    expect((await runCli(["checkpoint", "restore", "global", "c"], { env })).code).toBe(0);
    const done = await runCli(["replay", "global", "--run", "--exec", "true"], { env });
    expect(done.stderr).toContain("Recorded as global #4");
  });
});
