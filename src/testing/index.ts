export { eventLogSuite, type EventLogSuiteOptions, type TestFunction } from "./event-log/event-log-suite.ts";
export type { FactoryNeed, OpenedLog, OpenOptions } from "./event-log/suite-case.ts";
export {
  SAMPLE_SESSION,
  SAMPLE_STREAMS,
  sampleEvent,
  type SampleOverrides,
  samplePrepared,
  samplesPrepared,
} from "./sample-event.ts";
