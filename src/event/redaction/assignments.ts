import { isBlankCode, isNameCode, isQuoteCode } from "./characters.ts";
import type { Finding } from "./finding.ts";
import { isAssignedSecret, isPlaceholder } from "./secret-values.ts";
import type { NameVerdict } from "./secret-names.ts";
import { tokenAt } from "./token-at.ts";

/** Longest name and value that are looked at; a value that is taken is taken whole. */
const NAME_MAX = 64;
const VALUE_MAX = 512;
const GAP_MAX = 8;

const TAB = 9;
const LF = 10;
const CR = 13;
const AMPERSAND = 38;
const COMMA = 44;
const COLON = 58;
const SEMICOLON = 59;
const LESS = 60;
const EQUALS = 61;
const GREATER = 62;
const BACKSLASH = 92;

/** What names say, with the configuration's own names. */
export type NameRule = (name: string) => NameVerdict | undefined;

/** The secret that is assigned by the `=`, `:` or `>` here: `NAME=…`, `"name": "…"`, `--name=…`, `<name>…<`. */
export function assignedAt(text: string, sign: number, nameRule: NameRule): Finding | undefined {
  const code = text.charCodeAt(sign);
  const next = text.charCodeAt(sign + 1);
  const before = text.charCodeAt(sign - 1);
  if (next === EQUALS || (code === COLON && (next === COLON || before === COLON))) return undefined;
  if (code === EQUALS && (before === 33 || before === LESS || before === EQUALS || before === GREATER))
    return undefined;
  const end = nameEnd(text, sign - 1);
  if (end < 0) return undefined;
  const name = nameBefore(text, end, nameRule);
  if (name === undefined) return undefined;
  if (code === GREATER && text.charCodeAt(name.start - 1) !== LESS) return undefined;
  const from = code === EQUALS && next === GREATER ? sign + 2 : sign + 1;
  return valueFrom(text, from, { ...name, query: isQuery(text, name.start) });
}

/** The secret behind a flag without `=`: `--password hunter2`. */
export function flagValueAt(text: string, dash: number, nameRule: NameRule): Finding | undefined {
  let end = dash + 2;
  const most = Math.min(text.length, end + NAME_MAX);
  while (end < most && isNameCode(text.charCodeAt(end))) end++;
  if (text.charCodeAt(end) !== 32) return undefined;
  const verdict = nameRule(text.slice(dash + 2, end));
  if (
    verdict === undefined ||
    verdict.kind === "hint" ||
    verdict.kind === "query" ||
    text.charCodeAt(end + 1) === 45
  )
    return undefined;
  return valueFrom(text, end, { verdict, start: dash, query: false });
}

/** The last character of the name: what stands between it and the sign is skipped. */
function nameEnd(text: string, last: number): number {
  let i = last;
  const least = Math.max(-1, last - GAP_MAX);
  while (i > least) {
    const code = text.charCodeAt(i);
    // blanks, quotes, `]`, `:` of `:=` and `\` of an escaped quote
    if (!isBlankCode(code) && !isQuoteCode(code) && code !== 93 && code !== COLON && code !== BACKSLASH)
      break;
    i--;
  }
  return i;
}

interface Named {
  readonly verdict: NameVerdict;
  readonly start: number;
  /** Part of a URL's query or a form: `&` ends it. */
  readonly query: boolean;
}

/** A type that stands between a name and its value: `password: string = …`. */
const TYPE_WORD = /^(?:string|str|text|String|char|varchar|an[y]|auto|const)$/;

function nameBefore(text: string, end: number, nameRule: NameRule): Omit<Named, "query"> | undefined {
  const start = nameStart(text, end);
  if (start > end) return undefined;
  const name = text.slice(start, end + 1);
  const verdict = name === "value" ? attributeBefore(text, start, nameRule) : nameRule(name);
  if (verdict !== undefined || !TYPE_WORD.test(name)) return verdict && { verdict, start };
  let i = start - 1;
  while (i >= 0 && i > start - GAP_MAX && " :&*".includes(text[i] ?? "-")) i--;
  const first = nameStart(text, i);
  const typed = first > i ? undefined : nameRule(text.slice(first, i + 1));
  return typed && { verdict: typed, start: first };
}

/** `<add key="ClearTextPassword" value="…"/>` */
function attributeBefore(text: string, start: number, nameRule: NameRule): NameVerdict | undefined {
  const name = /(?:key|name)=["'](?<name>[\w.-]{1,64})["']\s{1,8}$/.exec(
    text.slice(Math.max(0, start - 90), start),
  )?.groups?.["name"];
  return name === undefined ? undefined : nameRule(name);
}

function nameStart(text: string, end: number): number {
  const least = Math.max(-1, end - NAME_MAX);
  let start = end;
  while (start > least && isNameCode(text.charCodeAt(start))) start--;
  return start + 1;
}

function isQuery(text: string, nameStartsAt: number): boolean {
  const before = text.charCodeAt(nameStartsAt - 1);
  return before === 63 || before === AMPERSAND;
}

/** Judges the value that begins behind `from`, after blanks, a string's prefix letter and its quote. */
function valueFrom(text: string, from: number, named: Named): Finding | undefined {
  if (named.verdict.kind === "query" && !named.query) return undefined;
  let start = skipBlanks(text, from);
  if (/[bfru@]/i.test(text[start] ?? "") && isQuoteCode(text.charCodeAt(start + 1))) start++;
  if (text.charCodeAt(start) === BACKSLASH && isQuoteCode(text.charCodeAt(start + 1))) start++;
  const quote = isQuoteCode(text.charCodeAt(start)) ? text.charCodeAt(start++) : 0;
  const { rule } = named.verdict;
  if (rule === "authorization" || rule === "cookie") return headerValue(text, start, { quote, rule });
  const end = valueEnd(text, start, { quote, query: named.query, most: VALUE_MAX });
  const value = text.slice(start, end);
  const token = tokenAt(text, start);
  if (token !== undefined) return token;
  if (!isAssignedSecret(value, named.verdict, quote !== 0)) return undefined;
  const whole =
    value.length < VALUE_MAX ? end : valueEnd(text, start, { quote, query: named.query, most: text.length });
  return { start, end: whole, rule, random: false };
}

function skipBlanks(text: string, from: number): number {
  let i = from;
  while (i < from + GAP_MAX && isBlankCode(text.charCodeAt(i))) i++;
  return i;
}

interface Extent {
  /** Code of the opening quote, 0 for none. */
  readonly quote: number;
  readonly query: boolean;
  readonly most: number;
}

function valueEnd(text: string, start: number, { quote, query, most }: Extent): number {
  const last = Math.min(text.length, start + most);
  let i = start;
  for (; i < last; i++) {
    const code = text.charCodeAt(i);
    if (code === LF || code === CR || code === quote) break;
    if (code === BACKSLASH) {
      const next = text.charCodeAt(i + 1);
      // an escaped quote or line end inside a text in JSON in a text
      if (next === quote || quote === 0 || next === 110 || next === 114) break;
    }
    if (quote === 0 && isBareEnd(code, query)) break;
  }
  return i;
}

function isBareEnd(code: number, query: boolean): boolean {
  switch (code) {
    case TAB:
    case 32:
    case COMMA:
    case SEMICOLON:
    case LESS:
    case GREATER:
    case 34:
    case 39:
    case 96:
    case 41:
    case 93:
    case 125:
    case 124:
      return true;
    case AMPERSAND:
    case 35:
      return query;
    default:
      return false;
  }
}

const SCHEME =
  /(?:Bearer|Basic|Token|Digest|ApiKey|Api-Key|Bot|DPoP|GenieKey|Splunk|SSWS|Negotiate|NTLM|Key|OAuth|Hawk|Klaviyo-API-Key|AWS4-HMAC-SHA256) {1,4}/iy;
const CREDENTIAL = /[^\s"'`\\<>]{6,8192}/y;
const PARAMETERS = /[^"'`\\<>\r\n]{6,8192}/y;

/** The credentials of an `Authorization` header, its scheme kept, or the values of a `Cookie` header. */
function headerValue(
  text: string,
  from: number,
  { quote, rule }: { quote: number; rule: string },
): Finding | undefined {
  SCHEME.lastIndex = from;
  const scheme = rule === "authorization" ? SCHEME.exec(text)?.[0] : undefined;
  const start = from + (scheme?.length ?? 0);
  const isWhole = rule === "cookie" || /^(?:Digest|OAuth|Hawk|AWS4)/i.test(scheme ?? "");
  const pattern = isWhole ? PARAMETERS : CREDENTIAL;
  pattern.lastIndex = start;
  const value = pattern.exec(text)?.[0];
  if (value === undefined || isPlaceholder(value)) return undefined;
  const token = tokenAt(text, start);
  if (token !== undefined && !isWhole) return token;
  if (
    rule === "cookie"
      ? !/^[^\s=;]{1,128}=[^;\s]/.test(value)
      : !isCredential(value, { hasScheme: scheme !== undefined, quote })
  )
    return undefined;
  const trailing = /[,;.)\]}]{0,4}$/.exec(value)?.[0].length ?? 0;
  return { start, end: start + value.length - (isWhole ? 0 : trailing), rule, random: false };
}

/** With a scheme before it, digits, case or padding make a credential of a word. */
function isCredential(value: string, { hasScheme, quote }: { hasScheme: boolean; quote: number }): boolean {
  if (/^[A-Za-z_$][\w$]*(?:[.(][\w$.()]*)?[,;.)]*$/.test(value) && !/\d/.test(value) && value.length < 16)
    return false;
  if (hasScheme) return true;
  return isAssignedSecret(value, { rule: "authorization", kind: "secret" }, quote !== 0);
}
