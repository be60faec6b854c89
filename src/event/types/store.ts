import { defineEventType } from "../definition.ts";

const StoreRecovered = defineEventType({
  type: "StoreRecovered",
  version: "1.0.0",
  description: "The store repaired itself after a crash.",
  required: () => ({}),
  optional: (f) => ({
    found: f.objects("What was found and what was done about it."),
    recovered_by_pid: f.count("The process that did it."),
  }),
});

const StoreFactSeen = defineEventType({
  type: "StoreFactSeen",
  version: "1.0.0",
  description: "A later sighting of a recorded fact knew more than the first.",
  required: (f) => ({ fact: f.name("The event_id of the first record.") }),
  optional: (f) => ({
    fact_type: f.name("The event_type of the first record."),
    adds: f.object("The metadata fields that the first record lacks."),
  }),
});

const StoreEventVoided = defineEventType({
  type: "StoreEventVoided",
  version: "1.0.0",
  description: "A wrongly logged event is left out of folds, queries and reports.",
  required: (f) => ({ voided_event_id: f.name("The event_id of the wrong event.") }),
  optional: (f) => ({ why: f.text("What is wrong with it.") }),
});

export const storeTypes = { StoreRecovered, StoreFactSeen, StoreEventVoided } as const;
