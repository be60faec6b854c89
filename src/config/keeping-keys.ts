import type { ConfigKey } from "./key.ts";

const PERSONAL_FIELD = {
  pattern: /^(?:\*|[A-Z][A-Za-z0-9]{0,63})\.[A-Za-z_][A-Za-z0-9_]{0,63}(?::[A-Za-z_][A-Za-z0-9_]{0,63})?$/,
  words: "field such as CommentPosted.posted_by",
} as const;

/** Keys of the section `snapshots`: states that are kept. */
export const SNAPSHOTS_KEYS = {
  enabled: {
    kind: "boolean",
    default: true,
    description:
      "Keep an issue's state now and then, so that its state at any moment is found sooner. The answers are the same.",
  },
  frequency: {
    kind: "integer",
    default: 50,
    min: 1,
    max: 1_000_000,
    description: "A snapshot every so many events of an issue. Older ones are thinned out.",
  },
  min_events_for_snapshot: {
    kind: "integer",
    default: 20,
    min: 1,
    max: 1_000_000,
    description: "No automatic snapshot of an issue with fewer events.",
  },
  compression: {
    kind: "boolean",
    default: false,
    description:
      "Write the state of a snapshot compressed (zstd). Smaller, slower, and not for people to read.",
  },
  retention_days: {
    kind: "integer",
    default: 0,
    min: 0,
    max: 36_500,
    description:
      "Snapshots of states older than this are removed when the next one of that issue is made, but for the newest. " +
      "0: only thinning removes them.",
  },
} as const satisfies Readonly<Record<string, ConfigKey>>;

/** Keys of the section `summaries`: what the store writes along with runs. */
export const SUMMARIES_KEYS = {
  enabled: {
    kind: "boolean",
    default: true,
    description:
      "Write summaries of phases and runs along with the events that make them due. A summary is an event like any " +
      "other and counts in the stream's sequence.",
  },
  phase_every: {
    kind: "integer",
    default: 25,
    min: 0,
    max: 1_000,
    description:
      "A `PhaseSummaryCreated` after so many events of a phase, and at its end. 0: no summaries of phases.",
  },
  orchestration_every: {
    kind: "integer",
    default: 100,
    min: 0,
    max: 1_000,
    description:
      "An `OrchestrationSummaryCreated` after so many events of a run, and at its end. 0: no summaries of runs.",
  },
} as const satisfies Readonly<Record<string, ConfigKey>>;

/** Keys of the section `retention`: how long events stay, and where. */
export const RETENTION_KEYS = {
  archive_after_days: {
    kind: "integer",
    default: 90,
    min: 0,
    max: 36_500,
    description:
      "Days after which `eso archive run` compresses a day's files. 0: as soon as the day is over. Answers stay " +
      "the same. Nothing runs by itself.",
  },
  prune: {
    kind: "boolean",
    default: false,
    description:
      "Let `eso archive run` also delete archived events older than `retention.prune_after_days`, for good. Held " +
      "issues are left out; each deletion is recorded in its stream.",
  },
  prune_after_days: {
    kind: "integer",
    default: 0,
    min: 0,
    max: 36_500,
    description:
      "How old events must be to be pruned; without `retention.prune` nothing is. 0: nothing is pruned. In " +
      "compliance mode at least 2557 (seven years).",
  },
} as const satisfies Readonly<Record<string, ConfigKey>>;

/** Keys of the section `personal`: what is encrypted by person. */
export const PERSONAL_KEYS = {
  fields: {
    kind: "list",
    default: [],
    items_min: 0,
    item: PERSONAL_FIELD,
    description:
      "Metadata fields with personal data, as `Type.field`, or `Type.field:subject_field` where another field says whose " +
      "it is; `*` stands for every type. They are encrypted with a key of that person before they are stored, and " +
      "`eso forget` destroys the key. Fields that were stored before stay readable.",
  },
  keys_folder: {
    kind: "path",
    default: null,
    description:
      "Where people's keys lie. Never in the store, nor in a backup of it. Without it, `eso/subjects/` and the store's " +
      "id under `~/.config`.",
  },
} as const satisfies Readonly<Record<string, ConfigKey>>;
