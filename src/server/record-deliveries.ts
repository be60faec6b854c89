import { join } from "node:path";

import { IssueCache } from "../capture/jira/issue-cache.ts";
import { DeliverySpool, type SpoolFigures } from "../capture/webhook/delivery-spool.ts";
import type { Delivery } from "../capture/webhook/delivery.ts";
import { mapDelivery } from "../capture/webhook/map-delivery.ts";
import { type Mapped, type MappingRules, unmapped } from "../capture/webhook/mapping.ts";
import type { EventStore } from "../store/event-store.ts";
import { type Logged, logMapped } from "./log-mapped.ts";

/** What became of one delivery. */
export interface DeliveryReport {
  readonly provider: Delivery["provider"] | undefined;
  readonly event: string | undefined;
  readonly delivery_id: string | undefined;
  readonly received_at: string | undefined;
  /** `recorded`: all of it is in the log. `noted`: an issue was learned of. The others keep the delivery. */
  readonly outcome: "recorded" | "noted" | "parked" | "quarantined";
  readonly logged: readonly Logged[];
  /** Why it was parked or kept. */
  readonly why?: string;
}

/** How deliveries become events. */
export interface RecorderOptions {
  /** The store's folder. */
  readonly path: string;
  readonly rules?: Omit<MappingRules, "issueOf">;
  readonly onDelivery?: (report: DeliveryReport) => void;
}

/**
 * Makes events of the deliveries in a store's spool: each once, in the order in which they came, whoever else is at
 * work on the same spool or was killed at it before.
 */
export class DeliveryRecorder {
  readonly spool: DeliverySpool;
  readonly #store: EventStore;
  readonly #cache: IssueCache;
  readonly #rules: MappingRules;
  readonly #onDelivery: (report: DeliveryReport) => void;
  #running: Promise<void> | undefined;
  #again = false;

  constructor(store: EventStore, { path, rules = {}, onDelivery = () => undefined }: RecorderOptions) {
    const room = join(path, ".store");
    this.#store = store;
    this.spool = new DeliverySpool(room);
    this.#cache = new IssueCache(room);
    this.#rules = { ...rules, issueOf: (host, id) => this.#cache.issue(host, id)?.key };
    this.#onDelivery = onDelivery;
  }

  /**
   * Records everything that waits; what comes meanwhile is recorded too.
   * @throws what the store throws when it cannot be written; the deliveries stay where they are.
   */
  async drain(): Promise<void> {
    this.#again = true;
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      await this.#unpark();
      for (const name of await this.spool.waiting()) {
        if (await this.#record(name)) this.#again = true;
      }
    }
  }

  /** Issues are learned of by webhooks, by imports, and by other processes. */
  async #unpark(): Promise<void> {
    for (const issue of await this.spool.parkedFor()) {
      if (this.#cache.issue(issue.host, issue.id) !== undefined) await this.spool.unpark(issue);
    }
  }

  figures(): Promise<SpoolFigures> {
    return this.spool.figures();
  }

  /** True when what was parked should be looked at again. */
  async #record(name: string): Promise<boolean> {
    const delivery = await this.spool.read(name);
    if (delivery === undefined) return false;
    if (delivery === "unreadable") {
      await this.spool.setAside(name);
      this.#report(undefined, { outcome: "quarantined", logged: [], why: "the file is not a delivery" });
      return false;
    }
    const mapped = mapSafely(delivery, this.#rules);
    const learned = this.#cache.learn(mapped.learned);
    const logged = await logMapped(this.#store, mapped.events);
    await this.#finish(name, { delivery, mapped, logged });
    return learned || mapped.waitsFor !== undefined;
  }

  async #finish(
    name: string,
    { delivery, mapped, logged }: { delivery: Delivery; mapped: Mapped; logged: readonly Logged[] },
  ): Promise<void> {
    const rejected = logged.map(({ rejection }) => rejection).filter((one) => one !== undefined);
    const why = [mapped.unmapped, ...rejected].filter((one) => one !== undefined).join("; ");
    const { kind } = mapped;
    if (mapped.waitsFor !== undefined) {
      await this.spool.park(name, mapped.waitsFor);
      this.#report(delivery, { outcome: "parked", logged, why, kind });
    } else if (why !== "") {
      await this.spool.quarantine(name, { provider: delivery.provider, why }, delivery);
      this.#report(delivery, { outcome: "quarantined", logged, why, kind });
    } else {
      await this.spool.done(name);
      this.#report(delivery, { outcome: logged.length > 0 ? "recorded" : "noted", logged, kind });
    }
  }

  #report(delivery: Delivery | undefined, { kind, ...found }: Found): void {
    const { provider, event, delivery_id, received_at } = delivery ?? {};
    this.#onDelivery({ provider, event: kind ?? event, delivery_id, received_at, ...found });
  }
}

interface Found extends Pick<DeliveryReport, "outcome" | "logged" | "why"> {
  readonly kind?: string | undefined;
}

/** A mistake in the mapping of one payload must not stand in the way of all that come after it. */
function mapSafely(delivery: Delivery, rules: MappingRules): Mapped {
  try {
    return mapDelivery(delivery, rules);
  } catch (error) {
    return unmapped(`it could not be mapped: ${error instanceof Error ? error.message : String(error)}`);
  }
}
