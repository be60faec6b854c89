import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { TestRepository } from "../../capture/test-repository.ts";
import { recordEvents, runCli, temporaryFolder } from "../run-cli.fixture.ts";

const EVENT = {
  event_type: "PhaseStarted",
  issue_key: "PROJ-1",
  actor: { type: "user", id: "ada" },
  metadata: { phase: "PLAN" },
};
const SET_BY_STORE = ["recorded_at", "position", "prev_hash"];

function jsonl(...events: readonly unknown[]): string {
  return events.map((event) => `${typeof event === "string" ? event : JSON.stringify(event)}\n`).join("");
}

function withoutPlace(text: string): unknown[] {
  const lines = text.trim().split("\n");
  return lines.map((line) =>
    Object.fromEntries(
      Object.entries(JSON.parse(line) as object).filter(([key]) => !SET_BY_STORE.includes(key)),
    ),
  );
}

describe("eso import jsonl", () => {
  it("keeps what stands before the first rejected line, and names it", async () => {
    using folder = temporaryFolder();
    const cwd = folder.path;
    const wrong = { ...EVENT, metadata: { phase: "LUNCH" } };
    writeFileSync(join(cwd, "in.jsonl"), jsonl(EVENT, "", EVENT, wrong, EVENT));
    const result = await runCli(["import", "jsonl", "in.jsonl"], { cwd });
    expect(result.code).toBe(6);
    expect(result.stdout).toBe("2 new, 0 known, 1 rejected\n");
    expect(result.stderr).toMatch(
      /^in\.jsonl:4: PhaseStarted is not valid: \$\.metadata\.phase must be one of/m,
    );
  });

  it("names every rejected line when it keeps going, and adds nothing the second time", async () => {
    using folder = temporaryFolder();
    const cwd = folder.path;
    const stdin = jsonl(
      EVENT,
      "{",
      '{"event_type":"PhaseStarted","event_type":"x"}',
      "[]",
      { ...EVENT, issue_key: "a/b" },
      { ...EVENT, event_type: "PhaseStartd" },
      EVENT,
    );
    const words = ["import", "jsonl", "-", "--keep-going", "--json"];
    const dry = await runCli([...words, "--dry-run", "--store", "s"], { cwd, stdin });
    expect(dry.code).toBe(3);
    await runCli(["init", "--store", "s"], { cwd });
    expect(
      JSON.parse((await runCli([...words, "--dry-run", "--store", "s"], { cwd, stdin })).stdout),
    ).toMatchObject({ added: 2, rejected: 5 });
    const first = JSON.parse((await runCli([...words, "--store", "s"], { cwd, stdin })).stdout) as {
      rejections: { where: string }[];
    };
    expect(first).toMatchObject({ added: 2, known: 0, rejected: 5 });
    expect(first.rejections.map(({ where }) => where)).toEqual(
      [2, 3, 4, 5, 6].map((line) => `standard input:${line}`),
    );
    const again = await runCli([...words, "--store", "s"], { cwd, stdin });
    expect(JSON.parse(again.stdout)).toMatchObject({ added: 0, known: 2, rejected: 5 });
  });

  it("reports a conflict as a rejected line", async () => {
    using folder = temporaryFolder();
    const cwd = folder.path;
    const id = "11111111-1111-4111-8111-111111111111";
    const stdin = jsonl({ ...EVENT, event_id: id }, { ...EVENT, event_id: id, metadata: { phase: "TEST" } });
    const { code, stderr } = await runCli(["import", "jsonl", "-"], { cwd, stdin });
    expect({ code, stderr }).toEqual({
      code: 7,
      stderr: expect.stringContaining("standard input:2: event_id"),
    });
  });
});

describe("eso export", () => {
  it("gives the stored bytes, and importing them elsewhere gives the same events", async () => {
    using folder = temporaryFolder();
    const cwd = folder.path;
    const hostile = { phase: "CODE", note: '\u001b[31m\u202e \\ " é 😀 \u0000' };
    const issues = [
      { metadata: { phase: "PLAN" } },
      { issue_key: "PROJ-2", metadata: hostile },
      { metadata: { phase: "TEST" } },
    ];
    const start = {
      event_type: "OrchestrationStarted",
      metadata: { issue_summary: "x", initial_phase: "PLAN" },
    };
    await recordEvents(join(cwd, "a"), [start, ...issues]);
    const { stdout } = await runCli(["export", "--store", "a"], { cwd });
    const file = await runCli(["export", "jsonl", "--store", "a", "-o", "out.jsonl"], { cwd });
    expect(file).toMatchObject({ code: 0, stdout: "", stderr: "4 events in out.jsonl\n" });
    expect(readFileSync(join(cwd, "out.jsonl"), "utf8")).toBe(stdout);
    expect(statSync(join(cwd, "out.jsonl")).mode & 0o777).toBe(0o600);
    const stored = readdirSync(join(cwd, "a"), { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith("events.jsonl"),
    );
    const lines = stored.flatMap((name) =>
      readFileSync(join(cwd, "a", name), "utf8")
        .trim()
        .split("\n"),
    );
    expect(stdout.trim().split("\n").toSorted()).toEqual(lines.toSorted());
    expect((await runCli(["import", "jsonl", "out.jsonl", "--store", "b"], { cwd })).stdout).toBe(
      "4 new, 0 known\n",
    );
    expect(withoutPlace((await runCli(["export", "--store", "b"], { cwd })).stdout)).toEqual(
      withoutPlace(stdout),
    );
    for (const store of ["a", "b"]) {
      expect((await runCli(["import", "jsonl", "out.jsonl", "--store", store], { cwd })).stdout).toBe(
        "0 new, 4 known\n",
      );
    }
  });

  it("filters, and replaces a file only as a whole", async () => {
    using folder = temporaryFolder();
    const cwd = folder.path;
    await recordEvents(join(cwd, "a"), [{}, { issue_key: "PROJ-2" }, {}]);
    const some = await runCli(
      ["export", "--store", "a", "--issue", "PROJ-1", "--order", "desc", "--limit", "1"],
      { cwd },
    );
    expect(JSON.parse(some.stdout)).toMatchObject({ issue_key: "PROJ-1", event_sequence: 2 });
    writeFileSync(join(cwd, "out.jsonl"), "before");
    expect((await runCli(["export", "--store", "nowhere", "-o", "out.jsonl"], { cwd })).code).toBe(3);
    expect(readFileSync(join(cwd, "out.jsonl"), "utf8")).toBe("before");
    const inside = await runCli(["export", "--store", "a", "-o", "a/global/events.jsonl"], { cwd });
    expect(inside.code).not.toBe(0);
    expect((await runCli(["export", "--store", "a", "-o", "a/x.jsonl"], { cwd })).stderr).toContain(
      "lies inside the store",
    );
    expect((await runCli(["export", "csv", "--store", "a"], { cwd })).code).toBe(2);
  });
});

describe("eso import git", () => {
  it("records every commit once", async () => {
    using folder = temporaryFolder();
    using repository = new TestRepository();
    const cwd = repository.path;
    repository.commit("PROJ-1: one");
    repository.commit("no issue");
    const store = join(folder.path, "events");
    const words = ["import", "git", "--projects", "PROJ", "--store", store];
    const env = { ESO_ISSUE: "PROJ-99" };
    expect(await runCli(words, { cwd, env })).toMatchObject({ code: 0, stdout: "2 new, 0 known\n" });
    repository.commit("PROJ-2: two");
    expect((await runCli(words, { cwd, env })).stdout).toBe("1 new, 2 known\n");
    expect((await runCli(words, { cwd, env })).stdout).toBe("0 new, 3 known\n");
    const { stdout } = await runCli(["export", "--store", store], { cwd });
    const keys = stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { issue_key?: string }).issue_key);
    expect(keys).toEqual(["PROJ-1", undefined, "PROJ-2"]);
  });

  it("takes one branch, from a revision on", async () => {
    using folder = temporaryFolder();
    using repository = new TestRepository();
    const first = repository.commit("PROJ-1: one");
    repository.commit("PROJ-2: two");
    const store = join(folder.path, "events");
    const words = [
      "import",
      "git",
      repository.path,
      "--branch",
      "main",
      "--since",
      first,
      "--store",
      store,
      "--json",
    ];
    const { stdout } = await runCli(words);
    expect(JSON.parse(stdout)).toMatchObject({ added: 1, known: 0, rejected: 0 });
    const unknown = await runCli(["import", "git", repository.path, "--since", "nothing", "--store", store]);
    expect(unknown.code).toBe(3);
  });

  it("makes no store where there is no repository", async () => {
    using folder = temporaryFolder();
    const { code, stderr } = await runCli(["import", "git", folder.path, "--store", join(folder.path, "s")]);
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining("not in a git repository") });
    expect(readdirSync(folder.path)).toEqual([]);
  });
});
