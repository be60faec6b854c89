import { hash } from "node:crypto";

import type { Json, JsonObject } from "../envelope.ts";
import { isObject } from "../envelope-rules.ts";
import type { Finding } from "./finding.ts";
import { findSecrets } from "./find-secrets.ts";
import { MARKER_START, markerOf } from "./marker.ts";
import { isSecretByName } from "./named-value.ts";
import { emailsIn, homeFoldersIn } from "./personal.ts";
import { endsInsideKey, isKeyLine } from "./private-keys.ts";
import { isHarmlessBelow, nameVerdict, type NameVerdict, wordsOf } from "./secret-names.ts";
import type { CustomRule } from "./settings.ts";
import type { SafePattern } from "../re2.ts";

/** What was cut out: how often, by rule. */
export type RedactionCounts = ReadonlyMap<string, number>;

/** What a redactor is made from; patterns are compiled. */
export interface RedactorParts {
  readonly rules: readonly CustomRule[];
  readonly allow: readonly SafePattern[];
  readonly fieldNames: ReadonlySet<string>;
  readonly allowedFieldNames: ReadonlySet<string>;
  readonly emails: boolean;
  readonly homeFolders: boolean;
}

/** A value without its secrets. `counts` is undefined, and the value the same one, when there were none. */
export interface Redacted<T> {
  readonly value: T;
  readonly counts: RedactionCounts | undefined;
}

/** Envelope fields that are identifiers: compared, never only read. */
const IDENTIFIERS = new Set(["session_id", "correlation_id", "idempotency_key"]);
/** Envelope fields that hold texts and objects of the caller's own. All others have a fixed form. */
const OPEN_FIELDS = new Set(["metadata", "branch", "codebase_state", "actor", "source"]);
/** Fields by which events are paired. */
const IDENTIFIER_FIELD = /(?:^|_)(?:ids?|uuid)$|[a-z]Ids?$|^agent_name$/;
const DIGEST_LENGTH = 8;

const CUSTOM_FIELD: NameVerdict = { rule: "field", kind: "password" };

/** Where a value stands. */
interface Place {
  /** What the nearest secret name above says. */
  readonly named?: NameVerdict | undefined;
  readonly isIdentifier?: boolean;
}

const ANYWHERE: Place = {};
const IDENTIFIER: Place = { isIdentifier: true };

/** Cuts secrets out of events and texts, before anything is rendered, hashed or written. */
export class Redactor {
  readonly #parts: RedactorParts;
  readonly #nameRule: (name: string) => NameVerdict | undefined;
  readonly #isPlain: boolean;

  constructor(parts: RedactorParts) {
    this.#parts = parts;
    const { fieldNames, allowedFieldNames, rules, emails, homeFolders } = parts;
    this.#nameRule =
      fieldNames.size + allowedFieldNames.size === 0 ? nameVerdict : (name) => this.#configuredName(name);
    this.#isPlain = rules.length === 0 && !emails && !homeFolders;
  }

  /** An event as its caller gave it. Keys stay, and so do fields of a fixed form such as `event_id`. */
  event(event: JsonObject): Redacted<JsonObject> {
    const walk = this.#walk();
    const value = walk.envelope(event);
    return { value, counts: walk.counts };
  }

  /** A text of its own, such as an attachment. */
  text(text: string): Redacted<string> {
    const walk = this.#walk();
    const value = walk.text(text, ANYWHERE);
    return { value, counts: walk.counts };
  }

  #walk(): Walk {
    return new Walk({
      find: (text, place) => this.#findings(text, place),
      isAllowed: (text) => this.#parts.allow.some((one) => one.matches(text)),
      nameRule: this.#nameRule,
    });
  }

  #configuredName(name: string): NameVerdict | undefined {
    const plain = plainName(name);
    if (this.#parts.allowedFieldNames.has(plain)) return undefined;
    return this.#parts.fieldNames.has(plain) ? CUSTOM_FIELD : nameVerdict(name);
  }

  #findings(text: string, place: Place): readonly Finding[] {
    const builtIn = findSecrets(text, place.isIdentifier === true ? undefined : this.#nameRule);
    const found = this.#isPlain ? builtIn : this.#withConfigured(text, builtIn);
    const { allow } = this.#parts;
    if (allow.length === 0 || found.length === 0) return found;
    return found.filter(({ start, end }) => !allow.some((one) => one.matches(text.slice(start, end))));
  }

  #withConfigured(text: string, builtIn: readonly Finding[]): readonly Finding[] {
    const { rules, emails, homeFolders } = this.#parts;
    const all = [...builtIn];
    for (const { rule, pattern } of rules)
      for (const [start, end] of pattern.spans(text))
        if (end > start) all.push({ start, end, rule, random: false });
    if (emails) all.push(...emailsIn(text));
    if (homeFolders) all.push(...homeFoldersIn(text));
    return merged(all);
  }
}

/** A name without case and separators. */
export const plainName = (name: string): string => wordsOf(name).join("");

/** Overlapping findings become one, so that nothing of either is left. */
function merged(findings: Finding[]): readonly Finding[] {
  const result: Finding[] = [];
  for (const next of findings.sort((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (last === undefined || next.start >= last.end) result.push(next);
    else if (next.end > last.end) result[result.length - 1] = { ...last, end: next.end, random: false };
  }
  return result;
}

/** What a walk asks for each text, name and value. */
interface Judge {
  find(text: string, place: Place): readonly Finding[];
  isAllowed(text: string): boolean;
  nameRule(name: string): NameVerdict | undefined;
}

/** One pass over one event. Copies only what it changes. */
class Walk {
  readonly #judge: Judge;
  #counts: Map<string, number> | undefined;

  constructor(judge: Judge) {
    this.#judge = judge;
  }

  get counts(): RedactionCounts | undefined {
    return this.#counts;
  }

  envelope(event: JsonObject): JsonObject {
    return mapped(event, (value, key) => {
      if (IDENTIFIERS.has(key)) return this.#value(value, IDENTIFIER);
      return OPEN_FIELDS.has(key) ? this.#value(value, ANYWHERE) : value;
    });
  }

  #value(value: Json, place: Place): Json {
    if (typeof value === "string") return this.text(value, place);
    if (typeof value !== "object" || value === null) return value;
    return isObject(value) ? this.#object(value, place) : this.#array(value, place);
  }

  #object(object: JsonObject, { named }: Place): JsonObject {
    const pair = this.#nameOfPair(object);
    return mapped(object, (value, key) => {
      if (typeof value === "number" || typeof value === "boolean") return value;
      const verdict = key === "value" && pair !== undefined ? pair : this.#judge.nameRule(key);
      const below = verdict ?? (named !== undefined && !isHarmlessBelow(key) ? named : undefined);
      if (below !== undefined) return this.#value(value, { named: below });
      return this.#value(value, IDENTIFIER_FIELD.test(key) ? IDENTIFIER : ANYWHERE);
    });
  }

  /** `{name: "API_TOKEN", value: "…"}`: lists of variables and headers. */
  #nameOfPair(object: JsonObject): NameVerdict | undefined {
    if (typeof object["value"] !== "string") return undefined;
    const name = object["name"] ?? object["key"] ?? object["header"];
    return typeof name === "string" ? this.#judge.nameRule(name) : undefined;
  }

  #array(array: readonly Json[], place: Place): readonly Json[] {
    let copy: Json[] | undefined;
    let insideKey = false;
    for (const [index, item] of array.entries()) {
      const line: string | undefined = insideKey && typeof item === "string" ? item : undefined;
      const result: Json =
        line !== undefined ? this.#keyLine(line) : this.#value(item, this.#placeInArray(array, index, place));
      if (typeof item === "string")
        insideKey = line !== undefined ? result !== item && !item.includes("-----END ") : endsInsideKey(item);
      if (result !== item) (copy ??= [...array])[index] = result;
    }
    return copy ?? array;
  }

  /** A line of a private key whose first line stood before it in the list. */
  #keyLine(line: string): string {
    if (line.includes("-----END ")) return this.#cut("private-key");
    return isKeyLine(line) && line.trim() !== "" ? this.#cut("private-key") : this.text(line, ANYWHERE);
  }

  /** An argument behind a flag such as `--password` is what the flag says. */
  #placeInArray(array: readonly Json[], index: number, place: Place): Place {
    const before = index > 0 ? array[index - 1] : undefined;
    if (typeof before !== "string" || !before.startsWith("--") || before.length > 64) return place;
    const named = this.#judge.nameRule(before);
    const item = array[index];
    return named === undefined || (typeof item === "string" && item.startsWith("-")) ? place : { named };
  }

  text(text: string, place: Place): string {
    const { named } = place;
    const found = this.#judge.find(text, place);
    if (named !== undefined && isSecretByName(text, named) && !this.#judge.isAllowed(text))
      return this.#whole(found, text, named);
    return found.length === 0 ? text : this.#replaced(text, found, place);
  }

  /** The rule of the format, where the whole text is of one. */
  #whole(found: readonly Finding[], text: string, { rule }: NameVerdict): string {
    const [first] = found;
    return this.#cut(
      found.length === 1 && first?.start === 0 && first.end === text.length ? first.rule : rule,
    );
  }

  #replaced(text: string, found: readonly Finding[], place: Place): string {
    let result = "";
    let from = 0;
    for (const finding of found) {
      const secret = text.slice(finding.start, finding.end);
      const digest = place.isIdentifier === true && finding.random ? secret : undefined;
      result += text.slice(from, finding.start) + this.#cut(finding.rule, digest);
      from = finding.end;
    }
    return result + text.slice(from);
  }

  #cut(rule: string, identifier?: string): string {
    const counts = (this.#counts ??= new Map<string, number>());
    counts.set(rule, (counts.get(rule) ?? 0) + 1);
    if (identifier === undefined) return markerOf(rule);
    return `${MARKER_START}${rule}:${hash("sha256", identifier).slice(0, DIGEST_LENGTH)}]`;
  }
}

/** The object with mapped values; the same object when no value changed. */
function mapped(object: JsonObject, map: (value: Json, key: string) => Json): JsonObject {
  let copy: Record<string, Json> | undefined;
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (value === undefined) continue;
    const result = map(value, key);
    if (result !== value) (copy ??= { ...object })[key] = result;
  }
  return copy ?? object;
}
