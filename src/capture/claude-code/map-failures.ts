import { hash } from "node:crypto";

import { shortText } from "./json.ts";
import type { Mapping } from "./mapping.ts";
import { naturalKey } from "./natural-keys.ts";
import type { Seen } from "./observation.ts";
import { secondsBetween } from "./seconds.ts";

/** Something was tried: the call, and what a second try has in common with it. */
export interface Try {
  readonly call: string;
  readonly started_at: string;
  /** `git push`, or a tool and its file. */
  readonly name: string;
}

/** One error is told of so often in a prompt; a loop that fails a thousand times says nothing new. */
const TOLD_MAX = 3;
const MAX_MESSAGE = 240;

const nameIn = (seen: Seen, name: string): string => `${seen.agent ?? ""}:${name}`;

/** Remembers that something failed, by the event that tells of it. */
export function noteFailure({ state }: Mapping, seen: Seen, failed: { name: string; event: string }): void {
  const known = state.failures[nameIn(seen, failed.name)];
  state.failures[nameIn(seen, failed.name)] =
    known === undefined
      ? { event: failed.event, at: seen.at, tries: 1 }
      : { ...known, tries: known.tries + 1 };
}

/** What failed before in the same prompt has succeeded now. */
export function noteSuccess(mapping: Mapping, seen: Seen, { call, started_at, name }: Try): void {
  const { failures } = mapping.state;
  const failure = failures[nameIn(seen, name)];
  if (failure === undefined) return;
  delete failures[nameIn(seen, name)];
  const attempted = mapping.emit(seen, {
    type: "RecoveryAttempted",
    key: naturalKey.call(call, `recovery:${name}`),
    at: started_at,
    cause: failure.event,
    metadata: {
      recovery_from: failure.event,
      recovery_strategy: `retry ${name}`,
      attempt_number: failure.tries,
    },
  });
  mapping.emit(seen, {
    type: "RecoverySucceeded",
    key: naturalKey.call(call, `recovered:${name}`),
    cause: attempted,
    metadata: {
      recovery_from: failure.event,
      recovery_attempt: failure.tries,
      recovery_duration_seconds: secondsBetween(failure.at, seen.at),
      can_continue: true,
    },
  });
}

/** A tool failed. */
export function tellError(
  mapping: Mapping,
  seen: Seen,
  failed: Try & { readonly tool: string; readonly text: string },
): void {
  const { state } = mapping;
  const { call, tool, name, text } = failed;
  const code = exitCode(text);
  const line = errorLine(text);
  const fingerprint = hash("sha256", `${name}\n${line.replaceAll(/\d+/g, "0")}`).slice(0, 16);
  const told = (state.told[fingerprint] ?? 0) + 1;
  state.told[fingerprint] = told;
  if (told > TOLD_MAX) return;
  const event = mapping.emit(seen, {
    type: "ErrorOccurred",
    key: naturalKey.call(call, "error"),
    metadata: {
      error_type: tool === "Bash" ? "command_failed" : "tool_failed",
      error_message: shortText(`${name}: ${line}`, MAX_MESSAGE),
      error_fingerprint: fingerprint,
      error_code: code,
      error_context: { tool_name: tool, command: name },
      recoverable: true,
    },
  });
  noteFailure(mapping, seen, { name, event });
}

/** Claude Code's first line of a failed command. */
export function exitCode(text: string): string | undefined {
  return /^(?:Error: )?Exit code (\d{1,3})\b/.exec(text)?.[1];
}

const TELLING = /\b(?:error|fatal|failed|failure|exception|denied|not found|cannot|invalid)\b|\*\*/i;

/** The one line of a tool's output that says most about why it failed. */
export function errorLine(text: string): string {
  const lines = text
    .slice(0, 20_000)
    .replace(/^(?:Error: )?Exit code \d+\n?/, "")
    .replaceAll(/<\/?tool_use_error>/g, "")
    .replaceAll("\\n", "\n")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const line = lines.find((one) => TELLING.test(one)) ?? lines[0];
  return shortText(line ?? `exit code ${exitCode(text) ?? "unknown"}`, MAX_MESSAGE);
}
