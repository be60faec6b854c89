import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

import { openStore } from "../open.ts";
import { readArguments } from "./arguments.ts";
import { commandNamed } from "./commands.ts";
import { Context } from "./context.ts";
import { drainAtOpen } from "./drain-at-open.ts";
import { Output } from "./output.ts";
import { temporaryFolder } from "./run-cli.fixture.ts";

const HOOK = {
  session_id: "s-1",
  hook_event_name: "PostToolUse",
  tool_name: "Bash",
  tool_use_id: "t-1",
  tool_input: { command: "npm test" },
  tool_response: { stdout: " Tests  5 passed (5)" },
};

it("what hooks wrote is in the record before a command looks, under no issue of the caller's", async () => {
  using folder = temporaryFolder();
  const store = join(folder.path, "s");
  const spec = commandNamed("ls");
  if (spec === undefined) throw new Error("there is no ls");
  const given = readArguments(spec, ["--store", store]);
  const env = { ESO_ISSUE: "PROJ-9", ESO_SESSION: "mine" };
  const context = new Context({ given, env, cwd: folder.path, err: new Output(process.stderr, {}) });
  expect(await drainAtOpen(context)).toBeUndefined();
  await (await openStore({ path: store })).close();
  const spool = join(store, ".store", "spool");
  mkdirSync(spool, { recursive: true });
  writeFileSync(join(spool, "cc-1-0.hook"), `eso-hook/1 main\n${JSON.stringify(HOOK)}`);
  expect(await drainAtOpen(context)).toBeUndefined();
  expect(readdirSync(spool)).toEqual([]);
  await using record = await openStore({ path: store });
  const { events } = await record.queryPage({});
  expect(events.map(({ event_type }) => event_type)).toEqual([
    "AgentSpawned",
    "TestRunStarted",
    "TestRunCompleted",
  ]);
  expect(events.filter((event) => event.issue_key !== undefined || event.session_id !== "s-1")).toEqual([]);
});

it("a spool that cannot be drained waits, and says why", async () => {
  using folder = temporaryFolder();
  const store = join(folder.path, "s");
  const spool = join(store, ".store", "spool");
  mkdirSync(spool, { recursive: true, mode: 0o700 });
  chmodSync(store, 0o700);
  writeFileSync(join(spool, "cc-1-0.hook"), `eso-hook/1 main\n${JSON.stringify(HOOK)}`);
  const spec = commandNamed("ls");
  if (spec === undefined) throw new Error("there is no ls");
  const given = readArguments(spec, ["--store", store]);
  const context = new Context({ given, env: {}, cwd: folder.path, err: new Output(process.stderr, {}) });
  expect((await drainAtOpen(context))?.message).toMatch(/store/);
  expect(readdirSync(spool)).toEqual(["cc-1-0.hook"]);
});
