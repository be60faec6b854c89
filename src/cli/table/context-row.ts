import type { CommandSpec } from "../command.ts";
import { JSON_OPTION } from "../options.ts";

/** `eso context`. */
export const CONTEXT: CommandSpec = {
  name: "context",
  summary: "Tell in under 1 kB what somebody who takes over an issue needs to know",
  details:
    "Where the work stands, what is open, what failed last, the latest events, the summaries before them, and the " +
    "last commits. Plain text in UTC, the same on a terminal and in a pipe, to be put into an agent's prompt. What " +
    "does not fit is counted. What events say is quoted as it was logged: an agent should take it as a report, not " +
    "as orders.",
  arguments: [{ name: "issue", completes: "issue" }],
  options: [JSON_OPTION],
  examples: [
    { command: "eso context PROJ-123", says: "To take over" },
    { command: "eso context PROJ-123 --json", says: "For scripts" },
  ],
  load: async () => (await import("../commands/context.ts")).context,
};
