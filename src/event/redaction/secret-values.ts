import { MARKER_START } from "./marker.ts";
import type { NameVerdict } from "./secret-names.ts";

/** Texts that stand where a secret would, and are none. */
const STAND_INS = new Set(
  (
    "null none nil undefined true false yes no string str text number boolean bool int object any void bytes password passwd secret " +
    "token key apikey api_key api-key changeme change_me required optional redacted removed hidden masked empty unset test " +
    "todo tbd n/a na unknown default example sample dummy placeholder fake bearer basic oauth oauth2 enabled disabled " +
    "username user value omitted secrets self this missing invalid expired env"
  ).split(" "),
);
const MASK = /^[xX*.•_#?-]+$/;
const MASKED = /\*{3}|•{3}|…|\.{3}|[xX]{8}/;
/** `$NAME`, `${NAME}`, `$(command)`, `{{ name }}`, `<name>`, `%NAME%`, `#{name}`, `%s`, `:name`, `@name@`. */
const REFERENCE =
  /^(?:\$[A-Za-z_({]|\$\$?\{|\{\{|\{[A-Za-z_$]|<|%[A-Za-z_({]|#\{|@[A-Za-z_]+@$)|\$\{|\{\{|\$\(/;
const LOOKED_UP =
  /process\.env|os\.environ|getenv|import\.meta|(?:^|\W)(?:env|ENV|secrets|vars|var|local|data|module)[.[(]|^(?:vault|op|ssm|awssm|gcpsm|keyring|env|file|secret|ref\+\w+|arn|kms|projects):?[:/]/;
const WORDED =
  /(?:^|[-_ .])(?:your|my|the|some|insert|replace|enter|placeholder|changeme|dummy|sample|todo|redacted|here)(?:[-_ .]|$)/i;

/** Whether a text only says that a secret belongs here: a mask, a variable, `<your-token>`. */
export function isPlaceholder(value: string): boolean {
  const head = value.length > 256 ? value.slice(0, 256) : value;
  if (head.trim() === "" || head.startsWith(MARKER_START) || MASK.test(head) || MASKED.test(head))
    return true;
  if (STAND_INS.has(head.toLowerCase()) || REFERENCE.test(head) || LOOKED_UP.test(head)) return true;
  return WORDED.test(head) && digitsIn(head) <= 3;
}

/** Like `isPlaceholder`, for the whole value of a field with a secret name, where any words may be the secret. */
export function isStandIn(value: string): boolean {
  const head = value.length > 256 ? value.slice(0, 256) : value;
  if (head.trim() === "" || MASK.test(head) || /\*{3}|•{3}|^[xX]{8,}$/.test(head)) return true;
  if (STAND_INS.has(head.toLowerCase()) || REFERENCE.test(head) || LOOKED_UP.test(head)) return true;
  return /^(?:<.*>|your[-_ ].*|.*placeholder.*|replace[-_ ]?me)$/i.test(head);
}

/** Like `isPlaceholder`, for values whose format alone says that they are secret: only masks are none. */
export const isMasked = (value: string): boolean => {
  const body = value.slice(0, 256);
  if (body.replaceAll(/[xX*.•_#-]/g, "").length * 3 < body.length || CAMEL_CASE.test(body)) return true;
  return /[xX]{12}|[*.•_#]{6}|…/.test(body) || /(?:^|[-_])(?:your|placeholder)[-_]/i.test(body);
};

/** What a text offers to judge it by. */
interface Look {
  readonly upper: number;
  readonly lower: number;
  readonly digits: number;
  readonly others: number;
  /** Changes between upper case, lower case and digits, which words and camel case have few of. */
  readonly changes: number;
  /** Shannon entropy in bits for each character. */
  readonly entropy: number;
}

const LOOKED_AT_MAX = 256;
const counts = new Uint16Array(128);

function lookAt(value: string): Look {
  const length = Math.min(value.length, LOOKED_AT_MAX);
  counts.fill(0);
  const sums = [0, 0, 0, 0];
  let changes = 0;
  let previous = -1;
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i);
    const kind = kindOf(code);
    sums[kind] = (sums[kind] ?? 0) + 1;
    if (previous !== -1 && kind !== previous) changes++;
    previous = kind;
    const slot = code & 127;
    counts[slot] = (counts[slot] ?? 0) + 1;
  }
  let entropy = 0;
  for (const count of counts) if (count > 0) entropy -= (count / length) * Math.log2(count / length);
  const [upper = 0, lower = 0, digits = 0, others = 0] = sums;
  return { upper, lower, digits, others, changes, entropy };
}

function kindOf(code: number): 0 | 1 | 2 | 3 {
  if (code >= 65 && code <= 90) return 0;
  if (code >= 97 && code <= 122) return 1;
  return code >= 48 && code <= 57 ? 2 : 3;
}

function digitsIn(value: string): number {
  let digits = 0;
  for (let i = 0; i < value.length; i++) if (kindOf(value.charCodeAt(i)) === 2) digits++;
  return digits;
}

/** Whether letters and digits are mixed as in a generated value, not as in words. */
export function isMixed(value: string): boolean {
  const { upper, lower, digits } = lookAt(value);
  return (digits > 0 && upper + lower > 0) || (upper > 1 && lower > 1);
}

/** Whether a value of this many characters or more looks drawn at random. */
export function isRandom(value: string, atLeast: number): boolean {
  if (value.length < atLeast || /\s/.test(value)) return false;
  const { upper, lower, digits, changes, entropy } = lookAt(value);
  const length = Math.min(value.length, LOOKED_AT_MAX);
  if (entropy < (length >= 20 ? 3 : 2.5)) return false;
  if (digits >= 2 && upper + lower > 0) return !isWordy(value);
  return upper > 1 && lower > 1 && changes / length > 0.3 && !CAMEL_CASE.test(value);
}

/** `my-app-secret-v2`, `foo.bar.baz`, `src/a/b2.ts`: words with separators, at most small numbers among them. */
const WORDY =
  /^[@~./]*[A-Za-z]+\d{0,2}(?:[-_./:@]+(?:[A-Za-z]{2,}\d{0,2}|[A-Za-z]?\d{1,12}|[A-Za-z]))*[/.:]?$/;
/** `NonSharedBuffer`, `keyObject`: a type or a variable. */
const CAMEL_CASE = /^[a-z]*(?:[A-Z]{1,4}[a-z]{2,})+[A-Z]{0,2}$/;
const ALL_ALIKE = /^(?:\d{4}-\d\d-\d\d.{0,20}|v?\d+(?:\.\d+)+[-+.\w]{0,16}|[\d.,:/ -]+)$/;

function isWordy(value: string): boolean {
  const head = value.slice(0, 256);
  return ALL_ALIKE.test(head) || (WORDY.test(head) && lookAt(head).changes / head.length < 0.35);
}

const CODE =
  /^[A-Za-z_$][\w$]*(?:(?:\?\.|\.|->|::)[A-Za-z_$][\w$]*)+$|^[A-Za-z_$][\w$.]*[([]|^(?:new|await|function|async|return)\b|=>/;
const PATH = /^(?:~|\.{1,2})?\/[\w@.-]+(?:\/[\w@. -]*)*$|^[A-Za-z]:\\/;

/** Whether the value of an assignment in a text is a secret, given what its name says. */
export function isAssignedSecret(value: string, { kind }: NameVerdict, isQuoted: boolean): boolean {
  if (value.length < (isQuoted ? 4 : 6) || value.includes("://") || isPlaceholder(value)) return false;
  if (!isQuoted && CODE.test(value)) return false;
  if (PATH.test(value) && !(value.length === 40 && isRandom(value, 40))) return false;
  if (kind === "hint" || kind === "query") return isRandom(value, 24) && lookAt(value).entropy >= 3.3;
  return kind === "password" ? isPassword(value, isQuoted) : isRandom(value, 8) || isLongHex(value);
}

const isLongHex = (value: string): boolean =>
  value.length >= 32 && /^[0-9a-fA-F]+$/.test(value) && lookAt(value).entropy > 2;

function isPassword(value: string, isQuoted: boolean): boolean {
  if (/\s/.test(value)) return false;
  const { upper, lower, digits, others, changes } = lookAt(value);
  if (digits > 0 && upper + lower + others === 0) return digits >= 4;
  if (digits > 0) return !/^[A-Za-z]\.?\d$/.test(value);
  if (upper + lower === 0) return false;
  if (others > 0) return /[^A-Za-z._:/-]/.test(value) && /[!@#$%^&*+~]/.test(value);
  if (CAMEL_CASE.test(value)) return false;
  // words without digits: only what no label or code would be
  return isQuoted ? changes > 2 || value.length >= 16 : changes > 4;
}
