import { visible } from "../words.ts";

/** What a page is made of: elements and text. Text is shown as it is, never read as markup. */
export type Child = Element | string | number | null | readonly Child[];

type Attributes = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Element {
  readonly tag: string;
  readonly attributes: Attributes;
  readonly children: readonly Child[];
}

/**
 * An element. The tree is plain data: it is written out as text here, and whoever draws it in a browser can walk it.
 *
 * @example
 * ```ts
 * toHtml(el("p", { class: "note" }, "a < b")); // '<p class="note">a &lt; b</p>'
 * ```
 */
export function el(tag: string, attributes: Attributes = {}, ...children: readonly Child[]): Element {
  return { tag, attributes, children };
}

const VOID = new Set(["meta", "br", "hr", "input", "col"]);
const TAG = /^[a-z][a-zA-Z0-9]*$/;
const ATTRIBUTE = /^(?!on|style$|srcdoc$)[a-zA-Z][a-zA-Z0-9-]*$/;
const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** The text with everything written out that markup could be made of, and every character that would not be seen. */
export function escapedText(text: string): string {
  return visible(text).replaceAll(/[&<>"']/g, (found) => ENTITIES[found] ?? "");
}

/**
 * The elements as HTML.
 * @throws Error for a tag or an attribute that no report uses, such as an event handler: a mistake in the code.
 */
export function toHtml(child: Child): string {
  if (child === null) return "";
  if (typeof child === "string") return escapedText(child);
  if (typeof child === "number") return String(child);
  if (isList(child)) return child.map(toHtml).join("");
  const { tag, attributes, children } = child;
  if (!TAG.test(tag) || tag === "script" || tag === "style") throw new Error(`${tag} is not for content`);
  const head = `<${tag}${Object.entries(attributes).map(attribute).join("")}>`;
  return VOID.has(tag) ? head : `${head}${children.map(toHtml).join("")}</${tag}>`;
}

function isList(child: Element | readonly Child[]): child is readonly Child[] {
  return Array.isArray(child);
}

function attribute([name, value]: [string, Attributes[string]]): string {
  if (value === undefined || value === null || value === false) return "";
  if (!ATTRIBUTE.test(name)) throw new Error(`${name} is not an attribute for content`);
  if (value === true) return ` ${name}`;
  return ` ${name}="${escapedText(String(value))}"`;
}
