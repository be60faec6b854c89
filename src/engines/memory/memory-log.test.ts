import { test } from "vitest";

import { eventLogSuite } from "../../testing/index.ts";
import { openMemoryLog } from "./memory-log.ts";

eventLogSuite({
  test,
  capabilities: { totalOrder: true, multiStreamBatches: true, persistent: false, multiProcess: false },
  async open(options) {
    const log = openMemoryLog(options);
    return {
      log,
      reopen: () => Promise.reject(new Error("a closed memory log is gone for good")),
      dispose: () => log.close(),
    };
  },
});
