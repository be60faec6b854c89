import { ConflictError } from "../errors.ts";
import type { ExpectedSequence } from "./event-log.ts";

/** @throws ConflictError when a stream whose last sequence is `actual` is not what the caller expects. */
export function checkExpectedSequence(stream: string, expected: ExpectedSequence, actual: number): void {
  if (expected === "any") return;
  if (expected === "none" ? actual === 0 : expected === "exists" ? actual > 0 : expected === actual) return;
  throw new ConflictError(
    "ESO_CONFLICT",
    `${stream} is at sequence ${actual}, expected ${expected === "none" ? "no events" : expected === "exists" ? "at least one event" : expected}; nothing was written`,
    {
      hint: "Read the stream again, decide anew, and append with its present sequence.",
      details: { stream, expected, actual },
    },
  );
}
