import type { DeliveryReport } from "../server/record-deliveries.ts";
import type { Style } from "./colour.ts";
import type { Call } from "./command.ts";
import { TimeStyle } from "./local-time.ts";
import { columnsOf, cut, escaped, joined, padded, safe } from "./text.ts";

const STYLES: Readonly<Record<DeliveryReport["outcome"], Style | undefined>> = {
  recorded: "success",
  noted: "quiet",
  parked: "warning",
  quarantined: "warning",
};

/**
 * Prints deliveries as they are recorded, one a line: for people, tab-separated for programs, or as JSON. What they
 * hold is not shown, only what became of them.
 */
export function deliveryPrinter({ given, out }: Pick<Call, "given" | "out">): (report: DeliveryReport) => void {
  const times = new TimeStyle(given.flag("utc"));
  // One line after the other, though deliveries do not wait for a slow reader.
  let last: Promise<void> = Promise.resolve();
  return (report) => {
    last = last.then(() => print(report)).catch(() => undefined);
  };

  async function print(report: DeliveryReport): Promise<void> {
    if (given.flag("jsonl")) await out.jsonLine(report);
    else if (out.terminal) await out.line(row(report));
    else await out.line(joined(cells(report), "\t"));
    await out.flush();
  }

  function row(report: DeliveryReport) {
    const { provider = "", event = "", outcome, received_at = "" } = report;
    const clock = times.clock(Date.parse(received_at) || 0);
    const before = `${clock}  ${padded(provider, 10)}  ${padded(escaped(event), 22)}  ${padded(outcome, 11)}  `;
    const style = STYLES[outcome];
    const what = cut(escaped(said(report)), Math.max(20, out.columns - columnsOf(before)));
    const word = padded(outcome, 11);
    return safe`${out.paint("quiet", clock)}  ${padded(provider, 10)}  ${padded(escaped(event), 22)}  ${style === undefined ? word : out.paint(style, word)}  ${what}`;
  }
}

function cells(report: DeliveryReport): string[] {
  const { received_at = "", provider = "", event = "", delivery_id = "", outcome } = report;
  return [received_at, provider, event, delivery_id, outcome, said(report)];
}

/** The events, or why there are none. */
function said({ logged, why }: DeliveryReport): string {
  const events = logged
    .filter(({ rejection }) => rejection === undefined)
    .map(({ event_type, issue_key, known }) => `${issue_key ?? "global"} ${event_type}${known ? " (known)" : ""}`);
  const shown = events.length > 3 ? [...events.slice(0, 3), `and ${events.length - 3} more`] : events;
  return [...shown, ...(why === undefined ? [] : [why])].join(", ");
}
