import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { EVENT_TYPE_NAMES } from "../../event/registry.ts";
import type { Finding } from "../../store/doctor.ts";
import { recordEvents, runCli, temporaryFolder } from "../run-cli.fixture.ts";

async function findings(store: string): Promise<{ code: number | null; of: Record<string, Finding> }> {
  const { code, stdout } = await runCli(["doctor", "--store", store, "--json"]);
  const document = JSON.parse(stdout) as { findings: Finding[] };
  return { code, of: Object.fromEntries(document.findings.map((finding) => [finding.check, finding])) };
}

describe("eso init", () => {
  it("makes a store that explains itself, and leaves one that is there", async () => {
    using folder = temporaryFolder();
    const cwd = folder.path;
    const store = join(cwd, "sessions", "events");
    const made = await runCli(["init"], { cwd });
    expect(made.code).toBe(0);
    expect(made.stdout).toContain(store);
    expect(readFileSync(join(store, "README.md"), "utf8").split("\n").length).toBeLessThan(60);
    expect(existsSync(join(store, "schemas", "orchestration-events.json"))).toBe(true);
    expect(statSync(join(store, "README.md")).mode & 0o777).toBe(0o600);
    const first = JSON.parse((await runCli(["init", "--json"], { cwd })).stdout) as { store_id: string };
    rmSync(join(store, "schemas"), { recursive: true });
    const again = JSON.parse((await runCli(["init", "--json"], { cwd })).stdout) as {
      texts_written: string[];
    };
    expect(again).toMatchObject({ created: false, store_id: first.store_id });
    expect(again.texts_written).toContain("schemas/orchestration-events.json");
    writeFileSync(join(cwd, "file"), "");
    expect((await runCli(["init", "--store", "file"], { cwd })).code).not.toBe(0);
  });
});

describe("eso doctor", () => {
  it("finds nothing to fail in a good store", async () => {
    using folder = temporaryFolder();
    await recordEvents(join(folder.path, "s"), [{}, {}], Date.UTC(2020, 0, 1));
    const { code, of } = await findings(join(folder.path, "s"));
    expect(code).toBe(0);
    for (const check of ["store", "writable", "file system", "format", "lock", "head", "journal", "clock"]) {
      expect(of[check]).toMatchObject({ verdict: "ok" });
    }
    expect(of["events"]?.says).toBe("2 events");
    expect((await runCli(["doctor", "--store", join(folder.path, "s")])).stdout).toMatch(/^ok {4}Node\.js/);
  });

  it("says what is broken and what to do, and changes nothing", async () => {
    using folder = temporaryFolder();
    const store = join(folder.path, "s");
    expect(await findings(store)).toMatchObject({ code: 1, of: { store: { verdict: "fail" } } });
    await recordEvents(store, [{}], Date.now() + 3_600_000);
    chmodSync(join(store, "README.md"), 0o644);
    chmodSync(store, 0o755);
    writeFileSync(join(store, ".store", "head"), "damaged");
    const { code, of } = await findings(store);
    expect(code).toBe(0);
    expect(of["clock"]?.says).toContain("behind the newest event");
    expect(of["permissions"]?.advice).toContain("chmod");
    expect(of["head"]).toMatchObject({ verdict: "warn" });
    expect(readFileSync(join(store, ".store", "head"), "utf8")).toBe("damaged");
    writeFileSync(join(store, ".store", "store.json"), "{}");
    expect(await findings(store)).toMatchObject({ code: 1, of: { format: { verdict: "fail" } } });
    const newer = {
      store_id: "s",
      incarnation: "i",
      created_at: "2026-01-01T00:00:00.000Z",
      format_version: 99,
    };
    writeFileSync(join(store, ".store", "store.json"), JSON.stringify(newer));
    expect((await findings(store)).of["format"]?.says).toContain("format 99");
  });

  it("shows the notes and faults of a configuration", async () => {
    using folder = temporaryFolder();
    const cwd = folder.path;
    mkdirSync(join(cwd, "config"));
    writeFileSync(join(cwd, "config", "event-sourcing.yaml"), "storage:\n  durabilty: os\n");
    const { code, stdout } = await runCli(["doctor"], { cwd });
    expect(code).toBe(1);
    expect(stdout).toMatch(/fail {2}configuration .*durabilty/);
  });
});

describe("eso schema", () => {
  it("lists, shows and suggests types", async () => {
    using folder = temporaryFolder();
    const cwd = folder.path;
    const list = JSON.parse((await runCli(["schema", "list", "--json"], { cwd })).stdout) as {
      types: { type: string }[];
    };
    expect(list.types.map(({ type }) => type)).toEqual(EVENT_TYPE_NAMES);
    const shown = JSON.parse(
      (await runCli(["schema", "show", "GapIdentified", "--json"], { cwd })).stdout,
    ) as object;
    expect(shown).toMatchObject({ required: ["gap_id", "gap_type", "severity"] });
    const near = await runCli(["schema", "show", "GapIdentifed"], { cwd });
    expect({ code: near.code, stderr: near.stderr }).toEqual({
      code: 3,
      stderr: expect.stringContaining("GapIdentified"),
    });
  });

  it("validates files and names line and JSON path", async () => {
    using folder = temporaryFolder();
    const cwd = folder.path;
    const event = {
      event_type: "PhaseStarted",
      actor: { type: "user", id: "ada" },
      metadata: { phase: "PLAN" },
    };
    writeFileSync(join(cwd, "good.json"), JSON.stringify(event, undefined, 2));
    expect(await runCli(["schema", "validate", "good.json"], { cwd })).toMatchObject({
      code: 0,
      stdout: "1 event, all valid\n",
    });
    const stdin = `${JSON.stringify(event)}\n${JSON.stringify({ ...event, metadata: {} })}\n`;
    const wrong = await runCli(["schema", "validate", "-", "--json"], { cwd, stdin });
    expect(wrong.code).toBe(6);
    expect(JSON.parse(wrong.stdout)).toMatchObject({
      events: 2,
      invalid: 1,
      faults: [{ where: "standard input:2", issues: [{ path: "$.metadata.phase", message: "is missing" }] }],
    });
    expect((await runCli(["schema", "validate", "none.jsonl"], { cwd })).code).toBe(3);
  });
});

describe("eso config", () => {
  it("shows keys, values and where they come from", async () => {
    using folder = temporaryFolder();
    const cwd = folder.path;
    const file = join(cwd, "config", "event-sourcing.yaml");
    mkdirSync(join(cwd, "config"));
    writeFileSync(file, "storage:\n  durability: os\n");
    expect((await runCli(["config", "get", "storage.durability"], { cwd })).stdout).toBe("os\n");
    expect((await runCli(["config", "path"], { cwd })).stdout).toBe(`${file}\n`);
    const list = await runCli(["config", "list", "--json"], { cwd });
    expect(JSON.parse(list.stdout)).toMatchObject({ file });
    expect((await runCli(["config", "get", "storage.durabilty"], { cwd })).code).toBe(2);
  });
});

describe("eso index and eso stats store", () => {
  it("rebuild, check and count", async () => {
    using folder = temporaryFolder();
    const store = join(folder.path, "s");
    await recordEvents(store, [{}, {}, {}]);
    expect((await runCli(["index", "rebuild", "--store", store])).stdout).toMatch(/^indexed 3 events/);
    expect(await runCli(["index", "check", "--store", store])).toMatchObject({ code: 0 });
    const stats = JSON.parse((await runCli(["stats", "store", "--store", store, "--json"])).stdout) as object;
    expect(stats).toMatchObject({
      events_appended: 3,
      storage: { events: 3, streams: 1, index_lag_events: 0 },
    });
    expect((await runCli(["stats", "store", "--store", store])).stdout).toMatch(/^events +3$/m);
    expect((await runCli(["stats", "store", "--store", join(folder.path, "none")])).code).toBe(3);
  });
});
