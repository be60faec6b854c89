import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { test } from "vitest";

import type { EventLog } from "../../log/event-log.ts";
import { eventLogSuite } from "../../testing/index.ts";
import { openFilesLog, type OpenFilesOptions } from "./open-files-log.ts";

function suite(name: string, engine: Partial<OpenFilesOptions>): void {
  eventLogSuite({
    test: (title, run) => test(`${name}: ${title}`, run),
    capabilities: { totalOrder: true, multiStreamBatches: true, persistent: true, multiProcess: true },
    async open(options) {
      const path = mkdtempSync(join(tmpdir(), "eso-files-"));
      const opened: EventLog[] = [];
      const another = async (): Promise<EventLog> => {
        const log = await openFilesLog({ path, ...engine, ...options });
        opened.push(log);
        return log;
      };
      return {
        log: await another(),
        async reopen() {
          await Promise.all(opened.splice(0).map((log) => log.close()));
          return another();
        },
        openSecond: another,
        // The dead process's handles are left as they are: nothing was flushed, applied or tidied for it.
        crash: another,
        async dispose() {
          await Promise.all(opened.map((log) => log.close()));
          rmSync(path, { recursive: true, force: true });
        },
      };
    },
  });
}

suite("group", {});
suite("sync, everything small", {
  durability: "sync",
  journalMaxBytes: 64 * 1024,
  coverBytes: 16 * 1024,
  openFilesMax: 8,
  batchEventsMax: 16,
});
suite("os", { durability: "os" });
