import { visible } from "../src/report/words.ts";

/** An event as the list shows it; its line is read again when somebody looks at it. */
export interface ListedEvent {
  readonly line: string;
  readonly id: string;
  readonly cause: string;
  readonly place: string;
  readonly timestamp: string;
  readonly type: string;
  readonly phase: string;
  readonly actor: string;
  readonly text: string;
  readonly tone: string;
  readonly late: boolean;
}

interface StoredLine {
  readonly event_id: string;
  readonly event_type: string;
  readonly timestamp: string;
  readonly event_sequence: number;
  readonly issue_key?: string;
  readonly causation_id?: string;
  readonly phase?: string;
  readonly actor: { readonly id: string };
}

/** The events in the report's data. */
export async function readEvents(data: HTMLElement): Promise<readonly ListedEvent[]> {
  const text = data.textContent;
  const json = data.dataset["encoding"] === undefined ? text : await inflated(text);
  const lines = json.split("\n");
  const events: ListedEvent[] = [];
  // The first line opens the list and the last one closes it.
  for (let at = 1; at + 1 < lines.length; at += 2) events.push(eventOf(lines[at] ?? "", lines[at + 1] ?? ""));
  return events;
}

async function inflated(base64: string): Promise<string> {
  const stream = new Blob([bytesOf(base64)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  // Not every browser of the last years has it.
  if (typeof Uint8Array.fromBase64 === "function") return Uint8Array.fromBase64(base64);
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function eventOf(withComma: string, said: string): ListedEvent {
  const line = withComma.slice(0, -1);
  const event = JSON.parse(line) as StoredLine;
  const [text, tone, late] = JSON.parse(said.slice(0, -1)) as readonly [string, string, number];
  const { event_id: id, event_type: type, timestamp, actor, causation_id: cause = "", phase = "" } = event;
  const place = `${event.issue_key ?? "global"} #${event.event_sequence}`;
  return { line, id, cause, place, timestamp, type, phase, actor: actor.id, text: visible(text), tone, late: late === 1 };
}
