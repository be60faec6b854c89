import { ValidationError, type ValidationIssue } from "../errors.ts";
import { suggest } from "../event/suggest.ts";
import { EQUALITY_FIELDS, type EqualityField, SHA_MIN } from "./fields.ts";
import type { EqualityClause, QueryFilter, QueryOrder } from "./filter.ts";
import { readTime, type TimeRange } from "./time.ts";
import { folded, wordsOf } from "./words.ts";

/** Bounds on what one filter may cost. */
const VALUES_MAX = 1_000;
const VALUE_LENGTH_MAX = 4_096;
const TEXT_LENGTH_MAX = 1_000;

const HEX = /^[0-9a-f]*$/i;
const SHA_MAX = 40;

const KEYS: Record<keyof QueryFilter, true> = {
  issueKey: true,
  eventTypes: true,
  fromTimestamp: true,
  toTimestamp: true,
  fromRecorded: true,
  toRecorded: true,
  agentName: true,
  phase: true,
  actorId: true,
  sessionId: true,
  correlationId: true,
  causationId: true,
  branch: true,
  commitSha: true,
  text: true,
  order: true,
  limit: true,
  after: true,
  includeVoided: true,
};

/** Reads a filter key by key, gathers what is wrong with it, and throws once at the end. */
export class FilterReader {
  readonly #input: ReadonlyMap<string, unknown>;
  readonly #issues: ValidationIssue[] = [];

  constructor(input: unknown) {
    if (typeof input === "object" && input !== null && !Array.isArray(input)) {
      this.#input = new Map(Object.entries(input));
    } else {
      this.#input = new Map();
      this.#issues.push({ path: "$", message: 'a filter is an object such as { issueKey: "PROJ-1" }' });
    }
    for (const key of this.#input.keys()) if (!Object.hasOwn(KEYS, key)) this.#unknown(key);
  }

  equality(): readonly EqualityClause[] {
    return EQUALITY_FIELDS.flatMap((field) => {
      const values = this.#values(field);
      return values === undefined ? [] : [{ field, values }];
    });
  }

  commit(): string | undefined {
    const sha = this.string("commitSha");
    if (sha === undefined) return undefined;
    if (HEX.test(sha) && sha.length >= SHA_MIN && sha.length <= SHA_MAX) return sha.toLowerCase();
    return this.#refuse("commitSha", `must be ${SHA_MIN} to ${SHA_MAX} hex digits`);
  }

  range(fromKey: keyof QueryFilter, toKey: keyof QueryFilter): TimeRange | undefined {
    const from = this.#time(fromKey, "from");
    const to = this.#time(toKey, "to");
    if (from === undefined && to === undefined) return undefined;
    return { from: from ?? Number.NEGATIVE_INFINITY, to: to ?? Number.POSITIVE_INFINITY };
  }

  words(): readonly string[] {
    const text = this.string("text");
    if (text === undefined) return [];
    if (text.length > TEXT_LENGTH_MAX) {
      return this.#refuse("text", `has ${text.length} characters, at most ${TEXT_LENGTH_MAX}`) ?? [];
    }
    const words = [...new Set(wordsOf(folded(text)))];
    if (words.length === 0) this.#refuse("text", "holds no word; words are runs of letters and digits");
    return words;
  }

  order(): QueryOrder | undefined {
    const order = this.#input.get("order");
    if (order === undefined || order === "asc" || order === "desc") return order;
    return this.#refuse("order", 'must be "asc" or "desc"');
  }

  limit(): number | undefined {
    const limit = this.#input.get("limit");
    if (limit === undefined) return undefined;
    if (typeof limit === "number" && Number.isSafeInteger(limit) && limit >= 1) return limit;
    return this.#refuse("limit", "must be a whole number from 1 on; leave it out for no limit");
  }

  flag(key: keyof QueryFilter): boolean {
    const value = this.#input.get(key);
    if (value !== undefined && typeof value !== "boolean") this.#refuse(key, "must be true or false");
    return value === true;
  }

  string(key: keyof QueryFilter): string | undefined {
    const value = this.#input.get(key);
    if (value === undefined) return undefined;
    if (isText(value)) return value;
    return this.#refuse(key, `must be a text of 1 to ${VALUE_LENGTH_MAX} characters; leave it out for any`);
  }

  /** @throws ValidationError when anything was wrong. */
  finish(): void {
    const [first] = this.#issues;
    if (first === undefined) return;
    const more = this.#issues.length > 1 ? ` (and ${this.#issues.length - 1} more)` : "";
    throw new ValidationError("ESO_INVALID_QUERY", `filter ${first.path}: ${first.message}${more}`, {
      hint: `Filters are: ${Object.keys(KEYS).join(", ")}.`,
      details: { issues: this.#issues },
    });
  }

  #values(key: EqualityField): readonly string[] | undefined {
    const value = this.#input.get(key);
    if (value === undefined) return undefined;
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (values.length === 0) return this.#refuse(key, "is an empty list; leave it out for any");
    if (values.length > VALUES_MAX)
      return this.#refuse(key, `lists ${values.length} values, at most ${VALUES_MAX}`);
    if (values.every(isText)) return [...new Set(values)];
    return this.#refuse(key, `must be a text, or a list of texts, of 1 to ${VALUE_LENGTH_MAX} characters`);
  }

  #time(key: keyof QueryFilter, end: "from" | "to"): number | undefined {
    const value = this.#input.get(key);
    if (value === undefined) return undefined;
    const ms = readTime(value, end);
    if (ms !== undefined) return ms;
    return this.#refuse(
      key,
      "must be a Date, an ISO time with its zone such as 2026-11-24T14:00:00Z, or a date such as 2026-11-24",
    );
  }

  #refuse(key: string, message: string): undefined {
    this.#issues.push({ path: `$.${key}`, message });
  }

  #unknown(key: string): void {
    const near = suggest(key, Object.keys(KEYS));
    this.#refuse(key, `is not a filter${near.length > 0 ? `; did you mean ${near.join(" or ")}?` : ""}`);
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length >= 1 && value.length <= VALUE_LENGTH_MAX;
}
