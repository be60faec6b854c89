import { fileReplays } from "../../engines/files/file-replays.ts";
import type { StoredEvent } from "../../event/envelope.ts";
import type { EventInput } from "../../event/envelope.ts";
import type { EventLog } from "../../log/event-log.ts";
import { memoryReplays, type ReplayJournals } from "../../log/replay-journal.ts";
import { type EffectLists, effectRules } from "../../projection/effects.ts";
import { openStore } from "../../open.ts";
import type { EventStore } from "../event-store.ts";
import { voidEvent } from "../void-event.ts";
import { replayEvents, type ReplayParts } from "./replay.ts";
import type { ReplayOptions, ReplayPlan } from "./replay-options.ts";

export const ISSUE = "PROJ-1";
export const ACTOR = { type: "agent", id: "coder" } as const;

/** What tests call events by. */
export const SAMPLES: Readonly<Record<string, Pick<EventInput, "event_type" | "metadata">>> = {
  phase: { event_type: "PhaseStarted", metadata: { phase: "CODE" } },
  agent: { event_type: "AgentSpawned", metadata: { agent_name: "coder" } },
  doc: { event_type: "DocumentationCreated", metadata: { doc_path: "README.md" } },
  comment: { event_type: "CommentPosted", metadata: { comment_id: "7" } },
  merge: { event_type: "PRMerged", metadata: { pr_number: 4 } },
  summary: {
    event_type: "OrchestrationSummaryCreated",
    metadata: { from_sequence: 1, to_sequence: 1, text: "so far" },
  },
  marker: { event_type: "EventsReplayed", metadata: { from_sequence: 1, to_sequence: 1, replayed_count: 0 } },
};

/** A store in memory, its replays, and what is asked of both. */
export class ReplayStore implements AsyncDisposable {
  readonly store: EventStore;
  readonly parts: ReplayParts;

  private constructor(store: EventStore, parts: ReplayParts) {
    this.store = store;
    this.parts = parts;
  }

  static async open(
    names: readonly string[],
    settings: { lists?: EffectLists; maxEvents?: number; journals?: ReplayJournals; path?: string } = {},
  ): Promise<ReplayStore> {
    const { lists, maxEvents = 10_000, path } = settings;
    const store = await openStore(path === undefined ? { engine: "memory" } : { path });
    const journals = settings.journals ?? (path === undefined ? memoryReplays() : fileReplays(path));
    const opened = new ReplayStore(store, {
      source: store,
      journals,
      effectOf: effectRules(lists),
      maxEvents,
      skipNonIdempotent: false,
      clock: Date.now,
      record: (marker) => store.logEvent(marker),
    });
    await opened.log(names);
    return opened;
  }

  async log(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const sample = SAMPLES[name];
      if (sample !== undefined) await this.store.logEvent({ ...sample, issue_key: ISSUE, actor: ACTOR });
    }
  }

  replay(options: ReplayOptions = {}): Promise<ReplayPlan> {
    return replayEvents(this.parts, ISSUE, options);
  }

  /** Acts for real and tells which sequences were handed on. */
  async run(options: ReplayOptions = {}): Promise<{ plan: ReplayPlan; calls: readonly number[] }> {
    const calls: number[] = [];
    const handlers = (event: StoredEvent) => void calls.push(event.event_sequence);
    return { plan: await this.replay({ handlers, dryRun: false, ...options }), calls };
  }

  async voided(sequence: number): Promise<void> {
    const { store } = this;
    const event = (await this.events()).find((one) => one.event_sequence === sequence);
    const parts = {
      append: (request: Parameters<EventLog["append"]>[0]) => (store.log as EventLog).append(request),
      getEvent: (id: string) => store.getEvent(id),
      queryEvents: store.queryEvents.bind(store),
    };
    await voidEvent(parts, event?.event_id ?? "", { why: "wrong" });
  }

  /** Everything that the stream holds. */
  async events(): Promise<readonly StoredEvent[]> {
    const events: StoredEvent[] = [];
    for await (const event of this.store.readStream(ISSUE)) events.push(event);
    return events;
  }

  async markers(): Promise<readonly StoredEvent[]> {
    return (await this.events()).filter((event) => event.event_type === "EventsReplayed");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
  }
}
