import { EventList } from "./list.ts";
import { readEvents } from "./read-events.ts";

/** Without scripts the first events stand in the page; with them the list shows all, to be searched and looked into. */
async function start(): Promise<void> {
  const data = document.querySelector<HTMLElement>("#eso-data");
  const place = document.querySelector<HTMLElement>("#eso-list");
  const head = place?.querySelector("thead") ?? null;
  if (data === null || place === null || head === null || data.dataset["events"] === "0") return;
  const events = await readEvents(data);
  new EventList(place, events, head);
  document.documentElement.dataset["ready"] = String(events.length);
}

void start();
