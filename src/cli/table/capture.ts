import type { CommandGroup } from "../command.ts";
import { JSON_OPTION } from "../options.ts";

/** Commands by which the record fills itself. */
export const CAPTURE: CommandGroup = {
  title: "Capture",
  commands: [
    {
      name: "backfill",
      summary: "Record the past: Claude Code's transcripts and git history",
      details:
        "Reads the transcripts of this project's sessions, subagents included, and makes events of them: " +
        "orchestrations, agents with their tokens and cost, commits, pull requests, test runs, checks, errors and " +
        "recoveries. An event belongs to the issue that a command or the branch names; without one it goes to " +
        "global. Prompts and what tools print are not recorded. Every fact is recorded once, so running it again " +
        "adds only what is new. A session that nobody has touched for six hours counts as left.",
      options: [
        {
          name: "from",
          value: "PLACE",
          summary: "Transcripts elsewhere: a folder or a file (default this project's in ~/.claude/projects)",
          completes: "folder",
        },
        { name: "all", summary: "The sessions of every project in ~/.claude/projects" },
        {
          name: "git",
          value: "DIR",
          summary: "The repository whose history is recorded (default the one here)",
          completes: "folder",
        },
        { name: "no-git", summary: "Leave git history out" },
        { name: "dry-run", summary: "Look through everything, write nothing" },
        JSON_OPTION,
      ],
      examples: [
        { command: "eso backfill", says: "This project's sessions and commits" },
        { command: "eso backfill --dry-run", says: "What there is to find" },
        { command: "eso backfill --from ~/backup/projects", says: "Transcripts that were kept elsewhere" },
      ],
      load: async () => (await import("../commands/backfill.ts")).backfill,
    },
    {
      name: "reconcile",
      summary: "Complete what hooks saw of a session by its transcript",
      details:
        "Takes what hooks have written, then reads the named transcripts, or those of the sessions that have ended " +
        "since the last time. Ends of agents that no hook told of are recorded and marked reconciled. The plugin " +
        "runs it when a session ends.",
      arguments: [{ name: "transcript", optional: true, repeats: true, completes: "file" }],
      options: [{ name: "ended", summary: "The named sessions have ended, however lately" }, JSON_OPTION],
      examples: [
        { command: "eso reconcile", says: "The sessions that have ended" },
        { command: "eso reconcile ~/.claude/projects/-home-me-shop/5c1f….jsonl", says: "One session" },
      ],
      load: async () => (await import("../commands/reconcile.ts")).reconcile,
    },
    {
      name: "spool drain",
      summary: "Make events of what hooks have written; every command does so by itself",
      hidden: true,
      options: [JSON_OPTION],
      examples: [{ command: "eso spool drain", says: "Now" }],
      load: async () => (await import("../commands/spool-drain.ts")).spoolDrain,
    },
  ],
};
