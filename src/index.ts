export * from "./errors.ts";
export { openStore, type OpenStoreOptions } from "./open.ts";
export { EventStore } from "./store/event-store.ts";
export type { InputFor, QueryCallOptions } from "./store/record-store.ts";
export type { Moment } from "./store/moment.ts";
export type { Bisection, BisectOptions, Flip } from "./store/bisect.ts";
export type { RunChoice, RunComparison, RunEntry } from "./store/compare-runs.ts";
export type { Condition } from "./store/condition.ts";
export type { StateDiff } from "./store/diff-states.ts";
export type { EventAmendment, Explanation } from "./store/explain.ts";
export type { Mark } from "./store/marks.ts";
export type { TimeTravelOptions, TimeTravelView } from "./store/time-travel.ts";
export type { WhatIf, WhatIfOptions } from "./store/what-if.ts";
export { applyDiff } from "./projection/diff/apply-diff.ts";
export type { BlamedChange } from "./projection/diff/blame.ts";
export type { EventRef } from "./projection/diff/event-ref.ts";
export type { StateChange } from "./projection/diff/state-change.ts";
export { stateChanges } from "./projection/diff/state-changes.ts";
export type {
  GuardedHandler,
  ReplayContext,
  ReplayHandler,
  ReplayHandlers,
  ReplayOptions,
  ReplayPlan,
  ReplayStep,
} from "./store/replay/replay-options.ts";
export type { Checkpoint, CheckpointOptions, RestoreOptions } from "./store/checkpoints.ts";
export type { Voided, VoidOptions } from "./store/void-event.ts";
export { type EffectClass, effectRules } from "./projection/effects.ts";
export type { SnapshotMade } from "./store/snapshots/snapshot-keeper.ts";
export {
  defineProjection,
  fold,
  type Projection,
  type ProjectionDefinition,
} from "./projection/projection.ts";
export { agentMetrics } from "./projection/metrics/agent-metrics.ts";
export type {
  AgentFigures,
  AgentMetrics,
  ModelFigures,
  NamedAgentFigures,
} from "./projection/metrics/agent-metrics.ts";
export { phaseMetrics } from "./projection/metrics/phase-metrics.ts";
export { qualityMetrics } from "./projection/metrics/quality-metrics.ts";
export { errorMetrics } from "./projection/metrics/error-metrics.ts";
export { timeline, type TimelineEntry } from "./projection/timeline.ts";
export { orchestrationState } from "./projection/state/apply-event.ts";
export type { OrchestrationState } from "./projection/state/orchestration-state.ts";
export type { Ack, AppendOptions } from "./store/append.ts";
export type { BlobReference } from "./store/blobs.ts";
export type { LatencyFigures, StorageFigures, StoreMetrics } from "./store/metrics.ts";
export type { EventBatch, SubscribeOptions } from "./store/subscribe.ts";
export { type Config, DEFAULT_CONFIG } from "./config/config.ts";
export { loadConfig, type LoadConfigOptions, type LoadedConfig } from "./config/load.ts";
export type { Actor, EventInput, EventSource, Json, JsonObject, StoredEvent } from "./event/envelope.ts";
export {
  EVENT_TYPES,
  type AnyEvent,
  type AnyInput,
  type EventOf,
  type EventType,
  type InputOf,
} from "./event/registry.ts";
export type {
  AppendRequest,
  Capabilities,
  Durability,
  EventLog,
  EventLogReader,
  ExpectedSequence,
  OnDuplicate,
  Placement,
  StoredLine,
  StreamInfo,
} from "./log/event-log.ts";
export type { QueryFilter, QueryOrder } from "./query/filter.ts";
export type { QueryPage } from "./query/run-query.ts";
export {
  ingestHandler,
  type IngestHandler,
  type IngestOptions,
  type Secrets,
} from "./server/ingest-handler.ts";
export type { DeliveryReport } from "./server/record-deliveries.ts";
