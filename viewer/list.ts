import { clock, grouped, visible } from "../src/report/words.ts";
import { button, choice, labelled, make } from "./dom.ts";
import { Inspector } from "./inspector.ts";
import type { ListedEvent } from "./read-events.ts";

const PAGE = 100;
const TEXT_MAX = 300;
const WAIT_MS = 150;
const SIGNS: Readonly<Record<string, readonly [look: string, sign: string]>> = {
  success: ["good", "✓ "],
  failure: ["bad", "✗ "],
  warning: ["attention", "! "],
};

/** The list of events, a page at a time, narrowed by what was chosen. */
export class EventList {
  readonly #events: readonly ListedEvent[];
  readonly #inspector: Inspector;
  readonly #text = make("input", { type: "search", autocomplete: "off", spellcheck: "false" });
  readonly #bad = make("input", { type: "checkbox" });
  readonly #choices: Readonly<Record<"type" | "phase" | "actor", HTMLSelectElement>>;
  readonly #status = make("p", { role: "status" });
  readonly #body = make("tbody");
  readonly #pager = make("div", { class: "bar" });
  #found: readonly number[] = [];
  #from = 0;
  #timer = 0;

  constructor(place: HTMLElement, events: readonly ListedEvent[], head: HTMLTableSectionElement) {
    this.#events = events;
    this.#inspector = new Inspector(events);
    this.#choices = {
      type: choice("type", events.map(({ type }) => type)),
      phase: choice("phase", events.map(({ phase }) => phase)),
      actor: choice("actor", events.map(({ actor }) => visible(actor))),
    };
    this.#listen();
    place.replaceChildren(this.#controls(), this.#status, this.#table(head), this.#pager);
    this.#search();
  }

  #controls(): HTMLElement {
    const { type, phase, actor } = this.#choices;
    return make(
      "div",
      { class: "controls", role: "search", "aria-label": "Events" },
      labelled("Text", this.#text),
      labelled("Type", type),
      labelled("Phase", phase),
      labelled("Who", actor),
      make("label", { class: "check" }, this.#bad, make("span", {}, "Failures and warnings only")),
      button("Clear", () => this.#clear()),
    );
  }

  #table(head: HTMLTableSectionElement): HTMLElement {
    const table = make("table", { class: "events" }, make("caption", {}, "Events in order of record"), head, this.#body);
    return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Events" }, table);
  }

  #listen(): void {
    const search = (): void => this.#search();
    for (const control of [this.#bad, ...Object.values(this.#choices)]) control.addEventListener("change", search);
    this.#text.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = window.setTimeout(search, WAIT_MS);
    });
  }

  #clear(): void {
    this.#text.value = "";
    this.#bad.checked = false;
    for (const select of Object.values(this.#choices)) select.value = "";
    this.#search();
  }

  #search(): void {
    const { type, phase, actor } = this.#choices;
    const wanted = this.#text.value.trim().toLowerCase();
    const found: number[] = [];
    for (const [at, event] of this.#events.entries()) {
      if (type.value !== "" && event.type !== type.value) continue;
      if (phase.value !== "" && event.phase !== phase.value) continue;
      if (actor.value !== "" && visible(event.actor) !== actor.value) continue;
      if (this.#bad.checked && event.tone !== "failure" && event.tone !== "warning") continue;
      if (wanted !== "" && !holds(event, wanted)) continue;
      found.push(at);
    }
    this.#found = found;
    this.#from = 0;
    this.#draw();
  }

  #draw(): void {
    const [from, n] = [this.#from, this.#found.length];
    const to = Math.min(from + PAGE, n);
    this.#body.replaceChildren(...this.#found.slice(from, to).map((at) => this.#row(at)));
    const of = n === this.#events.length ? `${grouped(n)} events` : `${grouped(n)} of ${grouped(this.#events.length)} events`;
    this.#status.textContent = n === 0 ? `No event of ${grouped(this.#events.length)} matches` : `${of}; ${grouped(from + 1)} to ${grouped(to)} are shown`;
    this.#pager.replaceChildren(
      ...[this.#page("First", 0), this.#page("Previous", from - PAGE), this.#page("Next", from + PAGE)],
      this.#page("Last", Math.floor(Math.max(0, n - 1) / PAGE) * PAGE),
    );
    this.#pager.hidden = n <= PAGE;
  }

  #page(text: string, from: number): HTMLButtonElement {
    const page = button(text, () => {
      this.#from = from;
      this.#draw();
    });
    page.disabled = from < 0 || from >= this.#found.length || from === this.#from;
    return page;
  }

  #row(at: number): HTMLTableRowElement {
    const event = this.#events[at] as ListedEvent;
    const [look, sign] = SIGNS[event.tone] ?? ["", ""];
    const text = event.text.length > TEXT_MAX ? `${event.text.slice(0, TEXT_MAX).toWellFormed()}…` : event.text;
    const what = look === "" ? make("td", {}, text) : make("td", {}, make("span", { class: `chip ${look}` }, sign + text));
    return make(
      "tr",
      {},
      make("td", {}, button(event.place, () => this.#inspector.open(at), { class: "link" })),
      make("td", {}, clock(event.timestamp) + (event.late ? " (late)" : "")),
      make("td", {}, visible(event.type)),
      make("td", {}, visible(event.phase)),
      make("td", {}, visible(event.actor)),
      what,
    );
  }
}

function holds({ text, line }: ListedEvent, wanted: string): boolean {
  return text.toLowerCase().includes(wanted) || line.toLowerCase().includes(wanted);
}
