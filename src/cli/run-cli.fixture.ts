import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { EventInput } from "../event/envelope.ts";
import { openStore } from "../open.ts";

/** The command as tests start it, straight from its source. */
export const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

/** What a finished command left behind. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a test runs the command; the environment holds nothing else that `eso` reads. */
export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string;
}

/** Starts the real command. */
export function startCli(words: readonly string[], options: CliOptions = {}): ChildProcess {
  const { PATH = "", HOME = "" } = process.env;
  return spawn(process.execPath, [MAIN, ...words], {
    cwd: options.cwd ?? tmpdir(),
    env: { PATH, HOME, TZ: "Europe/Berlin", ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
}

/** Runs the real command to its end. */
export async function runCli(words: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const child = startCli(words, options);
  let [stdout, stderr] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin?.on("error", () => undefined).end(options.stdin ?? "");
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

/** A folder of a test's own, gone when the test is over. */
export function temporaryFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "eso-cli-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Records events, one second apart, from the given time on. */
export async function recordEvents(
  path: string,
  events: readonly Partial<EventInput>[],
  from = Date.UTC(2026, 10, 24, 13),
): Promise<void> {
  let now = from;
  await using store = await openStore({ path, clock: () => now });
  for (const event of events) {
    await store.logEvent({
      event_type: "PhaseStarted",
      issue_key: "PROJ-1",
      actor: { type: "agent", id: "coder" },
      metadata: { phase: "CODE" },
      ...event,
    });
    now += 1000;
  }
}
