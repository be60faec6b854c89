import { styleText } from "node:util";

import { printable, SafeText, type Text } from "./text.ts";

/** The styles in use; one meaning each, so that the interface stays calm. */
const STYLES = {
  heading: "bold",
  quiet: "dim",
  failure: "red",
  warning: "yellow",
  success: "green",
  start: "cyan",
  phase: "magenta",
  key: "blue",
} as const;

export type Style = keyof typeof STYLES;

/** Styles a text, or leaves it plain where colour is off. */
export type Paint = (style: Style, text: Text) => SafeText;

/** What decides about colour, besides the stream. */
export interface ColourEnvironment {
  readonly NO_COLOR?: string | undefined;
  readonly FORCE_COLOR?: string | undefined;
  readonly TERM?: string | undefined;
}

/** Whether a stream gets colour; each stream is judged by itself. */
export function hasColour(stream: { readonly isTTY?: boolean }, env: ColourEnvironment): boolean {
  if (env.NO_COLOR || env.TERM === "dumb" || env.FORCE_COLOR === "0") return false;
  return stream.isTTY === true || Boolean(env.FORCE_COLOR);
}

/** The painter of a stream. */
export function painter(colour: boolean): Paint {
  if (!colour) return (_style, text) => new SafeText(printable(text));
  return (style, text) => new SafeText(styleText(STYLES[style], printable(text), { validateStream: false }));
}
