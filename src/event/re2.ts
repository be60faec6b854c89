import type { RE2JS } from "re2js";

/** A pattern that users wrote, run in time linear to the text. */
export interface SafePattern {
  /** Whether the whole text is the pattern. */
  readonly matches: (text: string) => boolean;
  /** Whether the pattern occurs in the text. */
  readonly occursIn: (text: string) => boolean;
  /** Start and end of each place where the pattern occurs. */
  readonly spans: (text: string) => readonly (readonly [start: number, end: number])[];
}

/** Compiles user-written patterns; users' regular expressions never run on the native, backtracking engine. */
export type PatternCompiler = (pattern: string) => SafePattern;

/** Loads the linear-time engine. It is large, so only those who have such patterns pay for it. */
export async function loadPatternCompiler(): Promise<PatternCompiler> {
  const { RE2JS } = await import("re2js");
  return (pattern) => {
    const compiled: RE2JS = RE2JS.compile(RE2JS.translateRegExp(pattern));
    return {
      matches: (text) => compiled.matches(text),
      occursIn: (text) => compiled.matcher(text).find(),
      spans: (text) => spansOf(compiled, text),
    };
  };
}

function spansOf(compiled: RE2JS, text: string): readonly (readonly [start: number, end: number])[] {
  const spans: [number, number][] = [];
  const matcher = compiled.matcher(text);
  while (matcher.find()) spans.push([matcher.start(), matcher.end()]);
  return spans;
}
