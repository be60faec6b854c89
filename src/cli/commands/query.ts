import type { StoredEvent } from "../../event/envelope.ts";
import type { QueryFilter } from "../../query/filter.ts";
import type { EventStore } from "../../store/event-store.ts";
import type { Call } from "../command.ts";
import { EVENT_COLUMNS, eventCells, plainEventCells } from "../event-row.ts";
import { filterOf, noteUnknownTypes } from "../filter.ts";
import { TimeStyle } from "../local-time.ts";
import { printTable } from "../table.ts";
import { shellWord } from "../shell-word.ts";

/** `eso query`: the events that match. */
export async function query(call: Call): Promise<void> {
  const { given, context, out, err } = call;
  const order = given.choice("order", ["asc", "desc"]);
  const after = given.text("after");
  const { config } = await context.config();
  const filter: QueryFilter = { ...filterOf(given, Date.now()), order, after };
  const limit =
    given.count("limit") ?? (given.flag("jsonl") ? Number.POSITIVE_INFINITY : config.query.default_page_size);
  const store = await context.reading();
  const pages = new Pages(call, store, { filter, limit });
  let found = 0;
  const events: StoredEvent[] = [];
  for await (const page of pages.read(config.query.max_page_size)) {
    found += page.length;
    if (!given.flag("jsonl")) events.push(...page);
    else for (const event of page) await out.jsonLine(event);
  }
  if (given.flag("json")) await out.json({ schema: "eso.query/1", events, next: pages.next ?? null });
  else if (events.length > 0) await printEvents(call, events);
  if (found === 0) await noteUnknownTypes(given, err);
  if (found === 0 && out.terminal) await err.line("No events match.");
  if (pages.next === undefined) return;
  await out.flush();
  await err.line(`More: ${nextCommand(call, pages.next)}`);
}

/** Reads page after page, and knows the cursor behind the last one. */
class Pages {
  next: string | undefined;
  readonly #call: Call;
  readonly #store: EventStore;
  readonly #filter: QueryFilter;
  readonly #limit: number;

  constructor(call: Call, store: EventStore, what: { readonly filter: QueryFilter; readonly limit: number }) {
    this.#call = call;
    this.#store = store;
    this.#filter = what.filter;
    this.#limit = what.limit;
  }

  async *read(pageSize: number): AsyncGenerator<readonly StoredEvent[], void, undefined> {
    const { signal, err, out } = this.#call;
    // A line of progress among lines of results would only disturb.
    using progress = out.terminal ? undefined : err.progress({ label: "reading", unit: "events" });
    let left = this.#limit;
    let after = this.#filter.after;
    do {
      const page = await this.#store.queryPage(
        { ...this.#filter, after, limit: Math.min(left, pageSize) },
        { signal },
      );
      after = page.next;
      left -= page.events.length;
      this.next = page.next;
      progress?.add(page.events.length);
      yield page.events;
    } while (after !== undefined && left > 0);
  }
}

async function printEvents({ given, out }: Call, events: readonly StoredEvent[]): Promise<void> {
  const times = new TimeStyle(given.flag("utc"));
  await printTable(
    out,
    EVENT_COLUMNS,
    events.map((event) => (out.terminal ? eventCells(event, times) : plainEventCells(event))),
  );
}

/** The same command with the next cursor, ready to be run. */
function nextCommand({ given }: Call, next: string): string {
  return ["eso", given.command, ...given.without("after"), "--after", next].map(shellWord).join(" ");
}
