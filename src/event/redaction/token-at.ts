import type { Finding } from "./finding.ts";
import { isMasked, isMixed } from "./secret-values.ts";
import { TOKEN_RULES, type TokenRule } from "./token-rules.ts";

/** A rule with its expression, which is compiled when its prefix is first met. */
interface Candidate extends TokenRule {
  expression?: RegExp;
}

/** Rules by their first two characters: almost every word is told apart from a token by these. */
const BY_PAIR: (Candidate[] | undefined)[] = [];
for (const rule of TOKEN_RULES) {
  const slot = slotOf(rule.prefix.charCodeAt(0), rule.prefix.charCodeAt(1));
  (BY_PAIR[slot] ??= []).push({ ...rule });
}
const STARTS = new Uint8Array(128 * 128);
for (const slot of BY_PAIR.keys()) if (BY_PAIR[slot] !== undefined) STARTS[slot] = 1;

const JWT = slotOf("e".charCodeAt(0), "y".charCodeAt(0));
STARTS[JWT] = 1;

function slotOf(first: number, second: number): number {
  return ((first & 127) << 7) | (second & 127);
}

/** The token of a documented format that begins here, if one does. */
export function tokenAt(text: string, start: number): Finding | undefined {
  const slot = slotOf(text.charCodeAt(start), text.charCodeAt(start + 1));
  if (STARTS[slot] === 0) return undefined;
  const jwt = slot === JWT ? webTokenAt(text, start) : undefined;
  if (jwt !== undefined) return jwt;
  for (const candidate of BY_PAIR[slot] ?? []) {
    const found = text.startsWith(candidate.prefix, start) ? match(text, start, candidate) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function match(text: string, start: number, candidate: Candidate): Finding | undefined {
  const { rule, prefix, isCommon, random } = candidate;
  const expression = (candidate.expression ??= new RegExp(candidate.body, "y"));
  expression.lastIndex = start + prefix.length;
  const found = expression.exec(text);
  if (found === null) return undefined;
  const [all, kept] = found;
  const from = start + prefix.length;
  const secret = kept === undefined ? all : all.slice(kept.length);
  if (isMasked(secret) || (isCommon && !isMixed(secret))) return undefined;
  // dots and dashes at the end belong to the sentence
  const trailing = random ? (/[.-]{1,3}$/.exec(secret)?.[0].length ?? 0) : 0;
  const end = from + all.length - trailing;
  return { start: kept === undefined ? start : from + kept.length, end, rule, random };
}

/** Header and claims, or header, key, vector, text and tag, are runs of Base64url between dots. */
const WEB_TOKEN =
  /ey[A-Za-z0-9][\w-]{8,}\.(?:ey[A-Za-z0-9][\w-]{4,}\.[\w-]*|[\w-]*\.[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}(?![\w.-]))/y;

/** A JSON Web Token. It begins where its run begins, so that a run is looked at once. */
function webTokenAt(text: string, start: number): Finding | undefined {
  const before = text.charCodeAt(start - 1);
  if (before === 45) return undefined;
  WEB_TOKEN.lastIndex = start;
  return WEB_TOKEN.test(text) ? { start, end: WEB_TOKEN.lastIndex, rule: "jwt", random: true } : undefined;
}
