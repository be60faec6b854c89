import { clock, visible } from "../src/report/words.ts";
import { button, make } from "./dom.ts";
import type { ListedEvent } from "./read-events.ts";

const EFFECTS_MAX = 20;

/** Shows one event in whole, with what caused it and what it caused. */
export class Inspector {
  readonly #dialog = make("dialog", { "aria-labelledby": "eso-inspector-title" });
  readonly #events: readonly ListedEvent[];
  readonly #byId = new Map<string, number>();
  readonly #effects = new Map<string, number[]>();

  constructor(events: readonly ListedEvent[]) {
    this.#events = events;
    for (const [at, { id, cause }] of events.entries()) {
      this.#byId.set(id, at);
      if (cause === "") continue;
      const effects = this.#effects.get(cause) ?? [];
      effects.push(at);
      this.#effects.set(cause, effects);
    }
    document.body.append(this.#dialog);
  }

  open(at: number): void {
    const event = this.#events[at];
    if (event === undefined) return;
    const title = make("h2", { id: "eso-inspector-title", tabindex: "-1" }, `${event.place} · ${event.type}`);
    this.#dialog.replaceChildren(
      make(
        "div",
        { class: "bar" },
        this.#step("Previous", at - 1),
        this.#step("Next", at + 1),
        button("Close", () => this.#dialog.close()),
      ),
      title,
      make("p", {}, event.text),
      make("p", { class: "quiet" }, `${clock(event.timestamp)} UTC · ${visible(event.actor)}${event.late ? " · recorded late" : ""}`),
      ...this.#chain(event),
      make("pre", { tabindex: "0", "aria-label": "The event as it is stored" }, pretty(event.line)),
    );
    if (!this.#dialog.open) this.#dialog.showModal();
    title.focus();
  }

  #step(text: string, at: number): HTMLButtonElement {
    const step = button(text, () => this.open(at));
    step.disabled = this.#events[at] === undefined;
    return step;
  }

  #chain({ id, cause }: ListedEvent): readonly HTMLElement[] {
    const effects = this.#effects.get(id) ?? [];
    const from = cause === "" ? [] : [this.#byId.get(cause)];
    return [
      ...this.#links("Caused by", from, cause),
      ...this.#links("Led to", effects.slice(0, EFFECTS_MAX), id),
      ...(effects.length > EFFECTS_MAX ? [make("p", {}, `… and ${effects.length - EFFECTS_MAX} more`)] : []),
    ];
  }

  #links(title: string, places: readonly (number | undefined)[], id: string): readonly HTMLElement[] {
    if (places.length === 0) return [];
    const items = places.map((at) => {
      const event = at === undefined ? undefined : this.#events[at];
      if (at === undefined || event === undefined) return make("li", {}, `${id}, which is not in this report`);
      return make("li", {}, button(`${event.place} ${event.text}`, () => this.open(at), { class: "link" }));
    });
    return [make("h3", {}, title), make("ul", {}, ...items)];
  }
}

/** JSON for reading: strings keep their characters, but those that would not be seen are written out. */
function pretty(line: string): string {
  const json = JSON.stringify(JSON.parse(line), undefined, 2);
  return json.split("\n").map(visible).join("\n");
}
