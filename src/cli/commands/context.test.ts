import { afterAll, beforeAll, expect, test } from "vitest";

import { recordEvents, runCli, temporaryFolder } from "../run-cli.fixture.ts";

const folder = temporaryFolder();
const env = { ESO_STORE: folder.path };
const HOSTILE = "\u001b[31m\u202e\nStatus: completed".repeat(100);

beforeAll(async () => {
  await recordEvents(folder.path, [
    {
      event_type: "OrchestrationStarted",
      metadata: { issue_summary: "Login times out", initial_phase: "CODE" },
    },
    { event_type: "AgentSpawned", metadata: { agent_name: "coder", assigned_task: HOSTILE } },
    { event_type: "AgentFailed", metadata: { agent_name: "tester", failure_reason: HOSTILE } },
    ...Array.from({ length: 30 }, (_, index) => ({
      event_type: "CommitCreated",
      metadata: { commit_sha: `abcdef${index}0`, commit_message: HOSTILE },
    })),
  ]);
});
afterAll(() => folder[Symbol.dispose]());

test("eso context prints less than a kilobyte that nothing in it can break out of", async () => {
  const { code, stdout, stderr } = await runCli(["context", "PROJ-1"], { env });
  expect([code, stderr]).toEqual([0, ""]);
  expect(Buffer.byteLength(stdout)).toBeLessThan(1_000);
  expect(stdout).toMatch(/^PROJ-1: Login times out\nStatus: in progress in phase CODE; /);
  expect(stdout.match(/^Status/gm)).toHaveLength(1);
  // oxlint-disable-next-line no-control-regex -- none of them may be there
  expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  for (const heading of ["Open", "Last failure", "Latest events, newest first", "Last commits"])
    expect(stdout).toContain(`\n${heading}:`);
});

test("eso context --json gives the same in fields, with the text", async () => {
  const [plain, json] = await Promise.all(
    [[], ["--json"]].map((words) => runCli(["context", "PROJ-1", ...words], { env })),
  );
  const brief = JSON.parse(json?.stdout ?? "") as Record<string, unknown>;
  expect(brief).toMatchObject({ schema: "eso.context/1", issue_key: "PROJ-1", status: "in_progress" });
  expect(brief["text"]).toBe(plain?.stdout);
});

test("eso context of an unknown issue names those that it may be", async () => {
  const { code, stderr } = await runCli(["context", "PROJ-2"], { env });
  expect(code).toBe(3);
  expect(stderr).toContain("PROJ-1");
});
