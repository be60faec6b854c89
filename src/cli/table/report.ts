import type { CommandGroup } from "../command.ts";
import { FROM_OPTION, ISSUE_OPTION, JSON_OPTION, TO_OPTION, TYPE_OPTION, UTC_OPTION } from "../options.ts";

/** Commands that make reports for others to read. */
export const REPORT: CommandGroup = {
  title: "Report",
  commands: [
    {
      name: "audit",
      summary: "Make an audit report: a page to read, tables, or a comment to paste",
      details:
        "html is one file that needs no network and no scripts: verdict, trust, timeline, phases, failures with their " +
        "causes, gaps, agents, changes, tests, and every event. json holds the same and every event in whole; csv one " +
        "row an event, or with --tables a folder of tables; md a few lines for a comment.\n\n" +
        "The record is checked first, as eso verify does, and the report says what that proves. A report of a record " +
        "that is not intact is made all the same, says so first, and ends with exit code 4.\n\n" +
        "The report lies in the store's reports/ folder unless -o says otherwise. That it was made is recorded with " +
        "the file's SHA-256, so that a changed report can be told from the one that was made.",
      arguments: [{ name: "issue", optional: true, completes: "issue" }],
      options: [
        ISSUE_OPTION,
        FROM_OPTION,
        TO_OPTION,
        { name: "last", value: "7d", summary: "Only what happened in this time before now: 12h, 7d, 4w" },
        TYPE_OPTION,
        {
          name: "format",
          short: "f",
          value: "FORMAT",
          summary: "html (default), json, csv, md",
          completes: ["html", "json", "csv", "md"],
        },
        {
          name: "output",
          short: "o",
          value: "FILE",
          summary: "Where to write it; - for standard output, with --tables a folder",
          completes: "file",
        },
        { name: "tables", summary: "With -f csv: a folder with one file a table, and their SHA256SUMS" },
        { name: "no-guard", summary: "With -f csv: leave cells as they are that a spreadsheet could run" },
        { name: "no-verify", summary: "Do not check the record first; the report says so" },
        UTC_OPTION,
        JSON_OPTION,
      ],
      examples: [
        { command: "eso audit PROJ-123", says: "A page about one issue" },
        { command: "eso audit --last 7d -o week.html", says: "The last week, all issues" },
        { command: "eso audit PROJ-123 -f md -o -", says: "A comment for the issue or the pull request" },
        {
          command: "eso audit --from 2026-10-01 --to 2026-12-31 -f csv --tables",
          says: "A quarter as tables",
        },
      ],
      load: async () => (await import("../commands/audit.ts")).audit,
    },
    {
      name: "open",
      summary: "Open a report with this machine's browser",
      details: "Without a report, the newest one in the store's reports/ folder.",
      arguments: [{ name: "report", optional: true, completes: "file" }],
      options: [{ name: "print", summary: "Print the path only" }],
      examples: [
        { command: "eso open", says: "The newest report" },
        { command: "eso open week.html", says: "A file" },
      ],
      load: async () => (await import("../commands/open-report.ts")).openReport,
    },
  ],
};
