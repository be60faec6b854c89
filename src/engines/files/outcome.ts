import { OutcomeUnknownError } from "../../errors.ts";
import type { AppendRequest } from "../../log/event-log.ts";

/** The same unknown outcome, told in terms of one caller's events. */
export function forCaller(error: unknown, request: AppendRequest): unknown {
  if (!(error instanceof OutcomeUnknownError)) return error;
  const event_ids = request.events.map((event) => event.event_id);
  const { hint = "", cause } = error;
  return new OutcomeUnknownError(error.code, error.message, { hint, cause, details: { event_ids } });
}

/** The error for events whose flush or write failed half way. */
export function outcomeUnknown(events: readonly { position: number }[], cause: unknown): OutcomeUnknownError {
  const positions =
    events.length === 0 ? "" : ` (positions ${events[0]?.position} to ${events.at(-1)?.position})`;
  return new OutcomeUnknownError(
    "ESO_OUTCOME_UNKNOWN",
    `the disk reported an error while the events were being secured${positions}: they may or may not be kept`,
    {
      hint: "Retry with the same event_id: a kept event is answered as a duplicate, a lost one is written.",
      details: { event_ids: [] },
      cause,
    },
  );
}
