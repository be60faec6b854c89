import type { CommandSpec } from "../command.ts";
import { JSON_OPTION } from "../options.ts";

export const VERIFY: CommandSpec = {
  name: "verify",
  summary: "Check that the record is what was recorded, from its bytes alone",
  details:
    "Needs no private key, no network and no lock, and may run while others write. Without a target it checks the " +
    "whole store; else one issue, an events.jsonl on its own, or a .tlog-proof file. It always says what is not " +
    "proven. Exit code 0: everything that was checked holds; 4: the record is not what it was; 5: what was asked " +
    "for (--key, --anchor, --require-signature) could not be checked.",
  arguments: [{ name: "target", optional: true, completes: "issue" }],
  options: [
    {
      name: "anchor",
      value: "FILE",
      summary: "A text with seals that were kept elsewhere: a CI log, a comment",
      repeats: true,
      completes: "file",
    },
    {
      name: "key",
      value: "VKEY",
      summary: "A verifier key whose signatures count, or a file with one",
      repeats: true,
    },
    {
      name: "policy",
      value: "FILE",
      summary: "Keys, witnesses and quorum as a C2SP tlog-policy",
      completes: "file",
    },
    { name: "require-signature", summary: "Exit code 5 unless a given key has signed" },
    { name: "line", value: "FILE", summary: "With a .tlog-proof: the event's line", completes: "file" },
    JSON_OPTION,
  ],
  examples: [
    { command: "eso verify", says: "The whole store" },
    {
      command: "eso verify --anchor ci.log --key eso.example+fe6252ef+AQ…",
      says: "Against what was kept elsewhere",
    },
    { command: "eso verify PROJ-123", says: "One issue" },
    {
      command: "eso verify event.tlog-proof --line event.json --key …",
      says: "One event, without the store",
    },
  ],
  load: async () => (await import("../commands/verify.ts")).verify,
};
