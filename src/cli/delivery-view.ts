import type { DeliveryReport } from "../server/record-deliveries.ts";
import type { Call } from "./command.ts";
import { TimeStyle } from "./local-time.ts";
import { columnsOf, cut, escaped, joined, padded, safe, type SafeText } from "./text.ts";

const PROVIDER_COLUMNS = 10;
const EVENT_COLUMNS = 20;
const EVENTS_SHOWN_MAX = 3;

/**
 * Prints deliveries as they are recorded, one a line: for people, tab-separated for programs, or as JSON. What they
 * hold is not shown, only what became of them.
 */
export class DeliveryView {
  readonly #call: Pick<Call, "given" | "out">;
  readonly #times: TimeStyle;
  #day = "";
  /** One line after the other; deliveries do not wait for a slow reader. */
  #last: Promise<void> = Promise.resolve();

  constructor(call: Pick<Call, "given" | "out">) {
    this.#call = call;
    this.#times = new TimeStyle(call.given.flag("utc"));
  }

  /** Prints soon. A reader that went away stops nothing. */
  show(report: DeliveryReport): void {
    this.#last = this.#last.then(() => this.#print(report)).catch(() => undefined);
  }

  /** Waits until everything is printed. */
  async finish(): Promise<void> {
    await this.#last;
  }

  async #print(report: DeliveryReport): Promise<void> {
    const { given, out } = this.#call;
    if (given.flag("jsonl")) await out.jsonLine(report);
    else if (out.terminal) await this.#printRow(report);
    else await out.line(joined(cells(report), "\t"));
    await out.flush();
  }

  async #printRow(report: DeliveryReport): Promise<void> {
    const { out } = this.#call;
    const ms = Date.parse(report.received_at ?? "") || 0;
    const day = this.#times.day(ms);
    if (day !== this.#day) await out.line(out.paint("quiet", `── ${day}, ${this.#times.zone(ms)} ──`));
    this.#day = day;
    await out.line(this.#row(report, this.#times.clock(ms)));
  }

  #row(report: DeliveryReport, clock: string): SafeText {
    const { out } = this.#call;
    const { provider = "", event = "", outcome } = report;
    const kind = cut(escaped(event), EVENT_COLUMNS);
    const start = safe`${padded(provider, PROVIDER_COLUMNS)}  ${padded(kind, EVENT_COLUMNS)}`;
    const room = out.columns - columnsOf(`${clock}  ${start.text}  `);
    const what = cut(escaped(saidToPeople(report)), Math.max(20, room));
    const kept = outcome === "quarantined" || outcome === "parked";
    return safe`${out.paint("quiet", clock)}  ${start}  ${kept ? out.paint("warning", what) : what}`;
  }
}

function cells(report: DeliveryReport): string[] {
  const { received_at = "", provider = "", event = "", delivery_id = "", outcome, why } = report;
  return [received_at, provider, event, delivery_id, outcome, said(report), why ?? ""];
}

function saidToPeople(report: DeliveryReport): string {
  const { outcome, why = "" } = report;
  const events = said(report);
  switch (outcome) {
    case "recorded":
      return events;
    case "noted":
      return "noted what the issue is";
    case "parked":
      return `waits: ${why}`;
    default:
      return [...(events === "" ? [] : [events]), `kept: ${why}`].join("; ");
  }
}

function said({ logged }: DeliveryReport): string {
  const events = logged
    .filter(({ rejection }) => rejection === undefined)
    .map(
      ({ event_type, issue_key, known }) =>
        `${issue_key ?? "global"} ${event_type}${known ? " (known)" : ""}`,
    );
  const more = events.length - EVENTS_SHOWN_MAX;
  return [...events.slice(0, EVENTS_SHOWN_MAX), ...(more > 0 ? [`and ${more} more`] : [])].join(", ");
}
