import type { EsoErrorCode } from "../errors.ts";

/** What the exit codes mean, as `eso help exit-codes` shows it. */
export const EXIT_CODES = {
  0: "Done. A closed pipe, as in `eso tail | head -1`, is a success too.",
  1: "Failed: the disk, the configuration's place, a time limit, or a mistake in eso.",
  2: "Usage: an unknown command or option, or a value that cannot be understood.",
  3: "Not found: the store, issue, event or file that was asked for is not there.",
  4: "Integrity violation: stored bytes are not what was written.",
  5: "Cannot verify what was asked for: a key, an anchor or a signature is missing.",
  6: "Invalid event: it does not have the shape that its type asks for. Nothing was written.",
  7: "Conflict or locked: the stream is elsewhere, the id is taken, or another process holds the store.",
  130: "Stopped by Ctrl-C (SIGINT).",
  143: "Stopped by SIGTERM.",
} as const;

export type ExitCode = keyof typeof EXIT_CODES;

/** The exit code of an error. */
export function exitCodeOf(code: EsoErrorCode): ExitCode {
  switch (code) {
    case "ESO_INVALID_QUERY":
    case "ESO_INVALID_CONFIG":
    case "ESO_CURSOR_INVALID":
      return 2;
    case "ESO_NOT_FOUND":
    case "ESO_PRUNED":
      return 3;
    case "ESO_LOG_DAMAGED":
    case "ESO_ROLLED_BACK":
      return 4;
    case "ESO_INVALID_EVIDENCE":
      return 5;
    case "ESO_INVALID_EVENT":
    case "ESO_UNKNOWN_EVENT_TYPE":
      return 6;
    case "ESO_CONFLICT":
    case "ESO_STORE_LOCKED":
      return 7;
    case "ESO_OUTCOME_UNKNOWN":
    case "ESO_STORE_CLOSED":
    case "ESO_STORAGE_FULL":
    case "ESO_STORAGE_READ_ONLY":
    case "ESO_FORMAT_TOO_NEW":
    case "ESO_NETWORK_FILE_SYSTEM":
    case "ESO_UNSAFE_PATH":
    case "ESO_REPLAY_REFUSED":
    case "ESO_TIMEOUT":
      return 1;
    default:
      return code satisfies never;
  }
}
