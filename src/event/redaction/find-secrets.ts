import { assignedAt, flagValueAt, type NameRule } from "./assignments.ts";
import { isDigitCode, isHexCode, isSlugCode, isWordCode } from "./characters.ts";
import type { Finding } from "./finding.ts";
import { privateKeyAt } from "./private-keys.ts";
import { isMasked, isMixed, isStandIn } from "./secret-values.ts";
import { tokenAt } from "./token-at.ts";
import { urlCredentialsAt } from "./url-credentials.ts";

/** What the scanner does at a character. */
const WORD = 1;
const SIGN = 2;
const COLON = 3;
const DASH = 4;
const DOT = 5;
const BACKSLASH = 6;
const PERCENT = 7;
const TILDE = 8;
const AT = 9;
const PIPE = 10;
const PLAIN = 0;

const ACTIONS = new Uint8Array(128);
for (let code = 0; code < 128; code++) if (isWordCode(code)) ACTIONS[code] = WORD;
for (const [character, action] of [
  ["=", SIGN],
  [">", SIGN],
  [":", COLON],
  ["-", DASH],
  [".", DOT],
  ["\\", BACKSLASH],
  ["%", PERCENT],
  ["~", TILDE],
  ["@", AT],
  ["|", PIPE],
] as const) {
  ACTIONS[character.charCodeAt(0)] = action;
}

const NONE: readonly Finding[] = [];
/** Shorter texts hold nothing that could be told from a word. */
const LENGTH_MIN = 8;

/** The secrets of one text, in order and apart from each other. Without `nameRule`, only formats and URLs count. */
export function findSecrets(text: string, nameRule: NameRule | undefined): readonly Finding[] {
  return text.length < LENGTH_MIN ? NONE : new Scan(text, nameRule).run();
}

/** One pass over a text. Every step looks at a bounded number of characters or moves behind what it took. */
class Scan {
  readonly #text: string;
  readonly #nameRule: NameRule | undefined;
  #found: Finding[] | undefined;
  /** Where the last finding ends: the next may not begin before. */
  #free = 0;

  constructor(text: string, nameRule: NameRule | undefined) {
    this.#text = text;
    this.#nameRule = nameRule;
  }

  run(): readonly Finding[] {
    const text = this.#text;
    const { length } = text;
    let i = 0;
    // the character before is no part of the word
    let fresh = true;
    while (i < length) {
      const code = text.charCodeAt(i);
      const action = code < 128 ? (ACTIONS[code] ?? PLAIN) : PLAIN;
      if (action === WORD) {
        const found = fresh ? tokenAt(text, i) : undefined;
        // `\n` in JSON in a text is a line end, and what follows it begins anew
        fresh = fresh && isEscapeLetter(code) && i > 0 && text.charCodeAt(i - 1) === 92;
        if (found === undefined) i++;
        else i = this.#take(found);
        continue;
      }
      // behind a plus it is the middle of Base64
      fresh = code !== 43;
      if (action === PLAIN) {
        i++;
        continue;
      }
      const found = this.#at(action, i);
      if (found !== undefined && found.start >= this.#free) i = this.#take(found);
      else i += skipped(text, i, action);
    }
    return this.#found === undefined ? NONE : withAwsSecrets(text, this.#found);
  }

  #take(found: Finding): number {
    (this.#found ??= []).push(found);
    this.#free = found.end;
    return found.end;
  }

  #at(action: number, i: number): Finding | undefined {
    const text = this.#text;
    const rule = this.#nameRule;
    switch (action) {
      case SIGN:
        return rule && assignedAt(text, i, rule);
      case COLON:
        return this.#atColon(i);
      case DASH:
        return this.#atDash(i);
      case DOT:
        return dottedAt(text, i, this.#free);
      case TILDE:
        return azureSecretAt(text, i);
      case PIPE:
        return facebookAt(text, i, this.#free);
      case AT:
        return dataSourceAt(text, i, this.#free);
      default:
        return undefined;
    }
  }

  #atColon(i: number): Finding | undefined {
    const text = this.#text;
    if (text.charCodeAt(i + 1) === 47 && text.charCodeAt(i + 2) === 47) return urlCredentialsAt(text, i);
    if (isDigitCode(text.charCodeAt(i - 1)))
      return telegramAt(text, i) ?? (this.#nameRule && assignedAt(text, i, this.#nameRule));
    return this.#nameRule && assignedAt(text, i, this.#nameRule);
  }

  #atDash(i: number): Finding | undefined {
    const text = this.#text;
    const next = text.charCodeAt(i + 1);
    if (next === 45) {
      if (text.charCodeAt(i + 2) === 45) return privateKeyAt(text, i);
      return this.#nameRule && !isSlugCode(text.charCodeAt(i - 1))
        ? flagValueAt(text, i, this.#nameRule)
        : undefined;
    }
    if (next === 117) return mailchimpAt(text, i, this.#free) ?? curlUserAt(text, i);
    return undefined;
  }
}

const ESCAPE_LETTERS = new Set("nrtbf".split("").map((letter) => letter.charCodeAt(0)));
const isEscapeLetter = (code: number): boolean => ESCAPE_LETTERS.has(code);

/** How far to go on behind a character without a finding: escapes of other characters are passed over. */
function skipped(text: string, i: number, action: number): number {
  if (action === BACKSLASH)
    return text.charCodeAt(i + 1) === 117 &&
      isHexCode(text.charCodeAt(i + 2)) &&
      isHexCode(text.charCodeAt(i + 5))
      ? 6
      : 1;
  if (action === PERCENT)
    return isHexCode(text.charCodeAt(i + 1)) && isHexCode(text.charCodeAt(i + 2)) ? 3 : 1;
  return 1;
}

const TELEGRAM = /:[\w-]{35}(?![\w-])/y;

/** `<bot id>:<35 characters>`. */
function telegramAt(text: string, colon: number): Finding | undefined {
  TELEGRAM.lastIndex = colon;
  if (!TELEGRAM.test(text)) return undefined;
  let start = colon;
  while (start > 0 && colon - start < 12 && isDigitCode(text.charCodeAt(start - 1))) start--;
  if (colon - start < 6 || !isMixed(text.slice(colon + 1, colon + 36))) return undefined;
  return { start: colon + 1, end: colon + 36, rule: "telegram-token", random: true };
}

const DISCORD = /\.[\w-]{6,7}\.[\w-]{27,45}(?![\w-])/y;
const ATLAS = /\.atlasv1\.[\w=-]{60,90}/y;

/** Tokens of several parts that are told by their dots: JSON Web Tokens are not, these are. */
function dottedAt(text: string, dot: number, free: number): Finding | undefined {
  if (text.startsWith(".atlasv1.", dot)) {
    ATLAS.lastIndex = dot;
    return behind(
      text,
      { start: dot, end: ATLAS.test(text) ? ATLAS.lastIndex : -1, free },
      { least: 14, rule: "terraform-token" },
    );
  }
  if (text.charCodeAt(dot + 7) !== 46 && text.charCodeAt(dot + 8) !== 46) return undefined;
  DISCORD.lastIndex = dot;
  if (!DISCORD.test(text)) return undefined;
  const found = behind(
    text,
    { start: dot, end: DISCORD.lastIndex, free },
    { least: 23, rule: "discord-token" },
  );
  return found !== undefined &&
    /[MNO]/.test(text[found.start] ?? "") &&
    isMixed(text.slice(found.start, found.end))
    ? found
    : undefined;
}

interface Tail {
  readonly start: number;
  readonly end: number;
  readonly free: number;
}

/** Completes a finding backwards by the run of characters before it. */
function behind(
  text: string,
  { start, end, free }: Tail,
  { least, rule }: { least: number; rule: string },
): Finding | undefined {
  if (end === -1) return undefined;
  let from = start;
  while (from > free && start - from < 40 && isSlugCode(text.charCodeAt(from - 1))) from--;
  return start - from < least || start - from > 30 ? undefined : { start: from, end, rule, random: true };
}

const AZURE = /[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}(?![A-Za-z0-9_~-])/y;

/** A client secret of Entra ID: `Q~` in the fifth place. */
function azureSecretAt(text: string, tilde: number): Finding | undefined {
  AZURE.lastIndex = tilde - 5;
  if (tilde < 5 || !AZURE.test(text) || isMasked(text.slice(tilde + 1, AZURE.lastIndex))) return undefined;
  return { start: tilde - 5, end: AZURE.lastIndex, rule: "azure-token", random: true };
}

const DATA_SOURCE = /@(?:tcp|tcp4|tcp6|unix)\(/y;

/** `user:password@tcp(host)`, as Go's MySQL driver has it. */
function dataSourceAt(text: string, at: number, free: number): Finding | undefined {
  DATA_SOURCE.lastIndex = at;
  if (!DATA_SOURCE.test(text)) return undefined;
  const least = Math.max(free, at - 128);
  for (let i = at - 1; i > least; i--) {
    const code = text.charCodeAt(i);
    if (code === 58)
      return i + 1 < at ? { start: i + 1, end: at, rule: "url-credentials", random: false } : undefined;
    if (code === 32 || code === 34 || code === 39 || code === 10) return undefined;
  }
  return undefined;
}

const FACEBOOK = /\|[\w-]{27,40}(?![\w-])/y;

/** An app's token: its number of 15 or 16 digits, a bar, and its secret. */
function facebookAt(text: string, bar: number, free: number): Finding | undefined {
  const start = isDigitCode(text.charCodeAt(bar - 16)) ? bar - 16 : bar - 15;
  FACEBOOK.lastIndex = bar;
  if (start < free || isDigitCode(text.charCodeAt(start - 1)) || !FACEBOOK.test(text)) return undefined;
  for (let i = start; i < bar; i++) if (!isDigitCode(text.charCodeAt(i))) return undefined;
  return { start, end: FACEBOOK.lastIndex, rule: "service-token", random: true };
}

const MAILCHIMP = /-us[0-9]{1,2}(?![A-Za-z0-9_])/y;

/** 32 hex digits and the data centre: `…-us12`. */
function mailchimpAt(text: string, dash: number, free: number): Finding | undefined {
  MAILCHIMP.lastIndex = dash;
  const start = dash - 32;
  if (start < free || !MAILCHIMP.test(text) || isHexCode(text.charCodeAt(start - 1))) return undefined;
  for (let i = start; i < dash; i++) if (!isHexCode(text.charCodeAt(i))) return undefined;
  return { start, end: MAILCHIMP.lastIndex, rule: "service-token", random: true };
}

const CURL_USER = /-u(?:ser)?[ =]{0,2}["']?(?!\+)[\w.@+-]{0,127}:["']?(?<password>[^\s"'`$<>*]{3,256})/y;

/** `curl -u user:password`; containers are run with `-u 1000:1000`, so it takes a curl. */
function curlUserAt(text: string, dash: number): Finding | undefined {
  CURL_USER.lastIndex = dash;
  const password = CURL_USER.exec(text)?.groups?.["password"];
  if (password === undefined || /^[0-9]{1,6}$/.test(password) || isStandIn(password)) return undefined;
  const before = text.slice(Math.max(0, dash - 256), dash);
  if (!/\b(?:curl|wget|http|https|xh)\b/.test(before)) return undefined;
  const end = CURL_USER.lastIndex;
  return { start: end - password.length, end, rule: "password", random: false };
}

const AWS_SECRET = /(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/g;

/** Where the id of an AWS key is, its secret is not far, and has no format of its own but its length. */
function withAwsSecrets(text: string, found: readonly Finding[]): readonly Finding[] {
  if (!found.some(({ rule }) => rule === "aws-access-key-id")) return found;
  const secrets = [...text.matchAll(AWS_SECRET)].flatMap(({ index, 0: secret }): Finding[] => {
    const end = index + secret.length;
    const isFree = found.every((other) => other.end <= index || other.start >= end);
    const isSecret = isFree && /[0-9]/.test(secret) && /[A-Z]/.test(secret) && /[a-z]/.test(secret);
    return isSecret ? [{ start: index, end, rule: "aws-secret-key", random: true }] : [];
  });
  return secrets.length === 0 ? found : [...found, ...secrets].sort((a, b) => a.start - b.start);
}
