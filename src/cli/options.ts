import type { OptionSpec } from "./command.ts";

/** Options of every command. */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  {
    name: "store",
    value: "DIR",
    summary: "The store's folder (else ESO_STORE, the configuration, the repository's sessions/events)",
    completes: "folder",
  },
  {
    name: "config",
    value: "FILE",
    summary: "The configuration file (else ESO_CONFIG, config/event-sourcing.yaml here or above)",
    completes: "file",
  },
  { name: "help", short: "h", summary: "Show help" },
];

export const JSON_OPTION: OptionSpec = { name: "json", summary: "Print one JSON document" };
export const JSONL_OPTION: OptionSpec = {
  name: "jsonl",
  summary: "Print one JSON object a line, as they come",
};
export const UTC_OPTION: OptionSpec = {
  name: "utc",
  summary: "Show and read times in UTC instead of local time",
};

export const ISSUE_OPTION: OptionSpec = {
  name: "issue",
  value: "KEY",
  summary: "Only this issue, or several: A-1,A-2; global for events of no issue",
  repeats: true,
  completes: "issue",
};
export const TYPE_OPTION: OptionSpec = {
  name: "type",
  value: "A,B",
  summary: "Only these event types",
  repeats: true,
  completes: "type",
};
export const FROM_OPTION: OptionSpec = {
  name: "from",
  value: "T",
  summary: "Only what happened at T or later: ISO, 14:00, -2h, a date",
};
export const TO_OPTION: OptionSpec = {
  name: "to",
  value: "T",
  summary: "Only what happened before T; a date includes its day",
};

/** What events can be filtered by, but for the issue. */
export const CONDITION_OPTIONS: readonly OptionSpec[] = [
  TYPE_OPTION,
  FROM_OPTION,
  TO_OPTION,
  { name: "agent", value: "NAME", summary: "Only events about this agent", repeats: true },
  { name: "phase", value: "PHASE", summary: "Only events of this phase", repeats: true },
  { name: "actor", value: "ID", summary: "Only events by this actor", repeats: true },
  { name: "session", value: "ID", summary: "Only events of this session", repeats: true },
  { name: "correlation", value: "ID", summary: "Only events of this run", repeats: true },
  { name: "causation", value: "EVENT", summary: "Only events that this event caused", repeats: true },
  { name: "branch", value: "NAME", summary: "Only events on this branch", repeats: true },
  { name: "commit", value: "SHA", summary: "Only events about this commit, 7 to 40 hex digits" },
  { name: "text", value: "WORDS", summary: "Only events that hold words beginning with all of these" },
  { name: "recorded-from", value: "T", summary: "Only what the store accepted at T or later" },
  { name: "recorded-to", value: "T", summary: "Only what the store accepted before T" },
  { name: "include-voided", summary: "Also events that were voided with eso void" },
];

/** All filters that `filterOf` reads. */
export const FILTER_OPTIONS: readonly OptionSpec[] = [ISSUE_OPTION, ...CONDITION_OPTIONS];
