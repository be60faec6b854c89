import type { CommandSpec, OptionSpec } from "../command.ts";
import { JSON_OPTION, JSONL_OPTION, UTC_OPTION } from "../options.ts";

const SECRET_OPTIONS: readonly OptionSpec[] = [
  ["github", "GitHub's webhook secret"],
  ["gitlab", "GitLab's secret token"],
  ["jira", "The secret of Jira's webhook"],
  ["confluence", "The secret of Confluence's webhook"],
].map(([provider, what]) => ({
  name: `${provider}-secret-file`,
  value: "FILE",
  summary: `${what}, one a line; two while one replaces the other`,
  completes: "file",
}));

const IMPORT_OPTIONS: readonly OptionSpec[] = [
  { name: "dry-run", summary: "Check everything, write nothing" },
  JSON_OPTION,
];

/** Commands by which GitHub, GitLab, Jira and Confluence tell the record what happened there. */
export const INGEST: readonly CommandSpec[] = [
  {
    name: "import github",
    summary: "Record saved webhooks of GitHub, and pull requests as its interface lists them",
    details:
      "Takes a JSON file, a file of JSON lines, or a folder of them: payloads, lists of payloads, deliveries as " +
      "gh api gives them, pull requests, and what eso ingest serve keeps in quarantine. Every fact is recorded " +
      "once, whoever tells of it. What no event is made of is counted and named.",
    arguments: [{ name: "path", completes: "file" }],
    options: IMPORT_OPTIONS,
    examples: [
      { command: "eso import github payloads/", says: "A folder of saved payloads" },
      {
        command: "eso import github pulls.json",
        says: "What a repository's pull requests were, before there was a webhook",
      },
      {
        command: "eso import github sessions/events/.store/quarantine/webhooks",
        says: "Once more what was not understood, with a newer eso",
      },
    ],
    load: async () => (await import("../commands/import-payloads.ts")).importGithub,
  },
  {
    name: "import jira",
    summary: "Record saved webhooks of Jira, and issues as its interface exports them",
    details:
      "Takes a JSON file, a file of JSON lines, or a folder of them: payloads, lists of payloads, and searches of " +
      "issues; with expand=changelog their changes of status, too. Comments that only some may read are recorded " +
      "without their text.",
    arguments: [{ name: "path", completes: "file" }],
    options: IMPORT_OPTIONS,
    examples: [
      { command: "eso import jira payloads/", says: "A folder of saved payloads" },
      {
        command: "eso import jira issues.json",
        says: "What happened to a project's issues so far",
      },
    ],
    load: async () => (await import("../commands/import-payloads.ts")).importJira,
  },
  {
    name: "ingest serve",
    summary: "Take webhooks of GitHub, GitLab, Jira and Confluence, until it is stopped",
    details:
      "Answers POST /github, /gitlab, /jira and /confluence; only those with a secret are there. A delivery is " +
      "answered once it is on disk, and made events of afterwards. What no event is made of is kept under " +
      ".store/quarantine/webhooks. Listens on this machine only: put a proxy or tunnel with TLS before it, and name " +
      "it with --allow-host. Secret files must be readable by you alone, and are read anew when they change. " +
      "Nothing that a delivery holds is printed.",
    options: [
      { name: "port", value: "N", summary: "Where to listen (default 7750; 0: any that is free)" },
      { name: "host", value: "ADDRESS", summary: "The address to listen at (default 127.0.0.1)" },
      ...SECRET_OPTIONS,
      {
        name: "allow-host",
        value: "NAME",
        summary: "A name under which it may be called, besides this machine's own; adds to ingest.hosts",
        repeats: true,
      },
      {
        name: "insecure",
        summary: "Take deliveries of the other providers without proof; on this machine only",
      },
      JSONL_OPTION,
      UTC_OPTION,
    ],
    examples: [
      { command: "eso ingest serve --github-secret-file ~/.config/eso/github", says: "Webhooks of GitHub" },
      {
        command: "eso ingest serve --jira-secret-file jira.secret --allow-host hooks.acme.example",
        says: "Behind a tunnel",
      },
      { command: "eso ingest serve --insecure --port 0", says: "To try it out with curl" },
    ],
    load: async () => (await import("../commands/ingest-serve.ts")).ingestServe,
  },
];
