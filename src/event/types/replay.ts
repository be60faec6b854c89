import { defineEventType } from "../definition.ts";

const EventsReplayed = defineEventType({
  type: "EventsReplayed",
  version: "1.0.0",
  description: "The marker that a real replay leaves behind.",
  required: (f) => ({
    from_sequence: f.ordinal("The first event of the range, inclusive."),
    to_sequence: f.ordinal("The last event of the range, inclusive."),
    replayed_count: f.count("Events handed to handlers."),
  }),
  optional: (f) => ({
    skipped_count: f.count("Events left out by the filter."),
    failed_count: f.count("Events whose handler failed."),
    overrides: f.list("Safety rules that were overridden."),
    filter: f.object("Which events were chosen."),
  }),
});

export const replayTypes = { EventsReplayed } as const;
