export * from "./errors.ts";
export { openStore, type OpenStoreOptions } from "./open.ts";
export { EventStore, type InputFor, type QueryCallOptions } from "./store/event-store.ts";
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
