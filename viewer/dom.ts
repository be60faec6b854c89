type Content = Node | string;

/** An element with text and attributes; text is never read as markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...content: readonly Content[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...content);
  return element;
}

/** A button that does something. */
export function button(text: string, act: () => void, attributes: Readonly<Record<string, string>> = {}): HTMLButtonElement {
  const element = make("button", { type: "button", ...attributes }, text);
  element.addEventListener("click", act);
  return element;
}

/** A control with its label. */
export function labelled<T extends HTMLElement>(text: string, control: T): HTMLLabelElement {
  return make("label", {}, make("span", {}, text), control);
}

/** A choice among values, with how often each comes. */
export function choice(name: string, values: Iterable<string>): HTMLSelectElement {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== "") counts.set(value, (counts.get(value) ?? 0) + 1);
  const select = make("select", {}, make("option", { value: "" }, `every ${name}`));
  for (const [value, count] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
    select.append(make("option", { value }, `${value} (${count})`));
  return select;
}
