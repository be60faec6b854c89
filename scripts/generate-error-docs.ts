import { writeFileSync } from "node:fs";

import { EXIT_CODES, exitCodeOf } from "../src/cli/exit-codes.ts";
import { ERROR_CODES, type EsoErrorCode } from "../src/errors.ts";

/** Where the page lies. */
export const ERROR_REFERENCE = new URL("../docs/reference/errors.md", import.meta.url);

interface Advice {
  /** The class of most errors with this code. */
  readonly errorClass: string;
  readonly advice: string;
}

/** What to do about each code, in general; an error's own `hint` knows more. */
export const ADVICE: Readonly<Record<EsoErrorCode, Advice>> = {
  ESO_INVALID_EVENT: {
    errorClass: "ValidationError",
    advice:
      "Correct the fields that `issues` names by their JSON path; `eso schema show TYPE` lists what a type takes. " +
      "Attach texts that make the line too long.",
  },
  ESO_UNKNOWN_EVENT_TYPE: {
    errorClass: "ValidationError",
    advice:
      "Check the spelling with `eso schema list`, or register the type: see [custom types](../guide/custom-types.md). " +
      "While reading: the event is of a newer version or of a type whose schema is gone; " +
      "`validation.unknown_events` says what readers do with it.",
  },
  ESO_INVALID_QUERY: {
    errorClass: "ValidationError",
    advice:
      "Correct the filter, moment or option that `issues` names. `eso help moments` shows how times are written.",
  },
  ESO_CONFLICT: {
    errorClass: "ConflictError",
    advice:
      "A missed expectation: read the stream again, decide anew, append with its present sequence. A taken id or key: " +
      "use a new one for a new fact; repeat a lost append with exactly its first input.",
  },
  ESO_NOT_FOUND: {
    errorClass: "NotFoundError",
    advice: "`eso ls` lists the issues, `eso config path` says which store is used, `eso init` makes one.",
  },
  ESO_LOG_DAMAGED: {
    errorClass: "IntegrityError",
    advice:
      "Nothing was changed. `details` names file, line and offset where they are known. Keep a copy of the store as it " +
      "is, then bring that file back from a backup. Other streams stay readable and writable.",
  },
  ESO_PRUNED: {
    errorClass: "PrunedError",
    advice:
      "The events are gone, and the `StorePruned` event of their stream says who decided it. Ask for a later part, or " +
      "look into a backup from before. A state can be told from a snapshot that reaches beyond them.",
  },
  ESO_ROLLED_BACK: {
    errorClass: "RolledBackError",
    advice:
      "The store holds less than it has sealed before: an older copy was put in its place, or events were removed. Bring " +
      "the newest copy back; `eso verify` says what is missing. Nothing is sealed until then.",
  },
  ESO_INVALID_EVIDENCE: {
    errorClass: "EvidenceError",
    advice:
      "A key, seal, policy or proof cannot be read; the message says which line and why. Nothing was verified with it.",
  },
  ESO_CURSOR_INVALID: {
    errorClass: "CursorInvalidError",
    advice:
      "Start again without the cursor. A consumer whose store was copied or restored has to decide where to begin: " +
      "its old place means nothing there.",
  },
  ESO_OUTCOME_UNKNOWN: {
    errorClass: "OutcomeUnknownError",
    advice:
      "Retry with the same `event_id` (all of them are in `details.event_ids`): a kept event is answered as a " +
      "duplicate, a lost one is written. Look at the disk: a write or flush failed.",
  },
  ESO_STORE_LOCKED: {
    errorClass: "StoreLockedError",
    advice:
      "Nothing was written; try again. If it stays so, look for a stopped process (`eso doctor`), or raise " +
      "`storage.lock_timeout_seconds`. There is no lock file to delete: the lock ends with its process.",
  },
  ESO_STORE_CLOSED: {
    errorClass: "EsoError",
    advice: "Open the store again, or close it only after the last call.",
  },
  ESO_STORAGE_FULL: {
    errorClass: "StorageError",
    advice: "Free some space and try again. What was acknowledged is safe.",
  },
  ESO_STORAGE_READ_ONLY: {
    errorClass: "StorageError",
    advice: 'Check the folder\'s owner, permissions and mount, or open the store without `access: "read"`.',
  },
  ESO_INVALID_CONFIG: {
    errorClass: "ConfigError",
    advice:
      "Correct the file, line and key that the message names. [configuration.md](configuration.md) has every key with " +
      "its type and default.",
  },
  ESO_FORMAT_TOO_NEW: {
    errorClass: "ConfigError",
    advice:
      "Install the newest version: `npm install -g event-sourcing-orchestrator@latest`. Nothing was changed.",
  },
  ESO_NETWORK_FILE_SYSTEM: {
    errorClass: "ConfigError",
    advice:
      "Put the store on a local disk. If a single machine writes to it, and only then, set " +
      "`storage.allow_network_file_system`.",
  },
  ESO_UNSAFE_PATH: {
    errorClass: "ConfigError",
    advice: "Move away the link or device that the message names; the store does not go through it.",
  },
  ESO_REPLAY_REFUSED: {
    errorClass: "ReplayRefusedError",
    advice: "Reserved; this version has no replay and never throws it.",
  },
  ESO_TIMEOUT: {
    errorClass: "EsoError",
    advice:
      "Narrow the filter, run `eso index rebuild`, or raise `query.max_query_time_seconds`. What has been indexed so " +
      "far is kept, so trying again gets further.",
  },
};

const INTRODUCTION = `# Errors

<!-- Generated by scripts/generate-error-docs.ts from src/errors.ts and src/cli/exit-codes.ts. -->

Every error that the library throws on purpose is an \`EsoError\` or of one of its classes, which all can be imported
from \`event-sourcing-orchestrator\`. It has a \`code\` from the list below, which is stable; a \`message\` that says what
happened and why; a \`hint\` that says what to do; and \`details\` whose type depends on the class. The text of messages
and hints is for people and may change.

\`eso\` prints code, message and hint on stderr and ends with the exit code given here.

| Code | Class | Exit code |
| --- | --- | --- |
`;

/** The page `docs/reference/errors.md`, the same for the same code. */
export function renderErrorReference(): string {
  const codes = Object.entries(ERROR_CODES) as [EsoErrorCode, string][];
  const rows = codes.map(
    ([code]) =>
      `| [\`${code}\`](#${code.toLowerCase()}) | \`${ADVICE[code].errorClass}\` | ${exitCodeOf(code)} |\n`,
  );
  return `${INTRODUCTION}${rows.join("")}\n${codes.map(renderCode).join("\n")}`;
}

function renderCode([code, meaning]: [EsoErrorCode, string]): string {
  const { errorClass, advice } = ADVICE[code];
  const exit = exitCodeOf(code);
  return `## ${code}

${meaning}

- Class: \`${errorClass}\`
- Exit code: ${exit}. ${EXIT_CODES[exit]}
- What to do: ${advice}
`;
}

if (import.meta.main) writeFileSync(ERROR_REFERENCE, renderErrorReference());
