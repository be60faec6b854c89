import { encodeCursor } from "./cursor.ts";
import { parseFilter } from "./parse-filter.ts";
import { queryEvents, type QueryOptions, type QuerySource } from "./run-query.ts";

/** Ids of the events that were voided, kept up with the log by reading only what is new. */
export class VoidedEvents {
  readonly #ids = new Set<string>();
  #position = 0;

  /**
   * The ids as the log stands now, for `QuerySource.voided`.
   * @throws as `queryEvents`.
   */
  async bringUpToDate(source: QuerySource, options: QueryOptions): Promise<ReadonlySet<string>> {
    const { storeId, incarnation } = source.log;
    const { position } = await source.log.head();
    if (position === this.#position) return this.#ids;
    const after = encodeCursor({ storeId, incarnation, position: this.#position, order: "asc" });
    const filter = parseFilter({ eventTypes: "StoreEventVoided", after });
    for await (const { metadata } of queryEvents({ ...source, voided: undefined }, filter, options)) {
      const id = metadata["voided_event_id"];
      if (typeof id === "string") this.#ids.add(id);
    }
    this.#position = Math.max(this.#position, position);
    return this.#ids;
  }
}
