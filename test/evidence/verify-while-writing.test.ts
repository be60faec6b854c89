import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { verifyStore } from "../../src/verify/verify-store.ts";
import { scratchFolder } from "./sealed-store.ts";

const ROUNDS = Number(process.env["ESO_VERIFY_ROUNDS"] ?? 40);

test(
  `${ROUNDS} checks of a store that two processes write to raise no false alarm`,
  { timeout: 300_000 },
  async () => {
    const path = join(scratchFolder(), "events");
    const writers = [0, 1].map(() => {
      const child = spawn(process.execPath, [join(import.meta.dirname, "writer.fixture.ts"), path], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      onTestFinished(() => void child.kill("SIGKILL"));
      return child;
    });
    await Promise.all(writers.map((child) => once(child.stdout, "data")));
    let events = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const report = await verifyStore(path);
      expect(report.findings).toEqual([]);
      expect(report.events).toBeGreaterThanOrEqual(events);
      events = report.events;
      // A store that grows without end would make each check longer than the one before.
      if (events > 60_000) break;
    }
    for (const child of writers) child.kill("SIGTERM");
    await Promise.all(writers.map((child) => once(child, "exit")));
    const report = await verifyStore(path);
    expect(report).toMatchObject({ verdict: "intact", findings: [] });
    expect(report.events).toBe(report.last_position);
  },
);
