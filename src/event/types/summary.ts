import { defineEventType } from "../definition.ts";

const PhaseSummaryCreated = defineEventType({
  type: "PhaseSummaryCreated",
  version: "1.0.0",
  description: "A phase in short, with the range of events that it is made from.",
  required: (f) => ({
    phase: f.phase("The phase."),
    from_sequence: f.ordinal("The first event, inclusive."),
    to_sequence: f.ordinal("The last event, inclusive."),
  }),
  optional: (f) => ({
    text: f.longText("The summary."),
    counts: f.object("Events counted by kind."),
    highlights: f.list("What mattered most."),
    range_root: f.name("Merkle root over the summarised events' leaf hashes."),
  }),
  effect: ({ phase }) => ({ kind: "summarised", phase }),
});

const OrchestrationSummaryCreated = defineEventType({
  type: "OrchestrationSummaryCreated",
  version: "1.0.0",
  description: "A run in short, with the range of events that it is made from.",
  required: (f) => ({
    from_sequence: f.ordinal("The first event, inclusive."),
    to_sequence: f.ordinal("The last event, inclusive."),
  }),
  optional: (f) => ({
    text: f.longText("The summary."),
    counts: f.object("Events counted by kind."),
    highlights: f.list("What mattered most."),
    range_root: f.name("Merkle root over the summarised events' leaf hashes."),
  }),
  effect: () => ({ kind: "summarised", phase: null }),
});

export const summaryTypes = { PhaseSummaryCreated, OrchestrationSummaryCreated } as const;
