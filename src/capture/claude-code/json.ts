/** A JSON object of unknown making. */
export type Loose = Readonly<Record<string, unknown>>;

/** The value as an object, or undefined for anything else. */
export function objectOf(value: unknown): Loose | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Loose) : undefined;
}

/** The objects of an array; anything else is left out. */
export function objectsOf(value: unknown): Loose[] {
  if (!Array.isArray(value)) return [];
  return value.map(objectOf).filter((one) => one !== undefined);
}

/** The value as a text that is not empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

const ID_LENGTH_MAX = 200;
const CONTROL = /\p{Cc}/u;

/** The value as an id that may name a field: not over-long, and nothing that every object has anyway. */
export function idOf(value: unknown): string | undefined {
  const id = textOf(value);
  if (id === undefined || id.length > ID_LENGTH_MAX || id in Object.prototype) return undefined;
  return id.isWellFormed() && !CONTROL.test(id) ? id : undefined;
}

/** The value as a finite number. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** The value as a whole number, also where it is written as a text. */
export function countOf(value: unknown): number | undefined {
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : numberOf(value);
  return number !== undefined && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** The value as a number in a row, from 1. */
export function ordinalOf(value: unknown): number | undefined {
  const count = countOf(value);
  return count === undefined || count < 1 ? undefined : count;
}

/** The object without its undefined fields. */
export function present<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

/** At most so many characters, never half of one, on one line. */
export function shortText(text: string, most: number): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return (line.length <= most ? line : `${line.slice(0, most - 1)}…`).toWellFormed();
}

const TEXT_MAX = 2_000;
const LIST_MAX = 100;

/** The value with texts and lists cut to what an event can hold, and every text well-formed. */
export function tidy(value: unknown): unknown {
  if (typeof value === "string") return value.slice(0, TEXT_MAX).toWellFormed();
  if (typeof value === "number") return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? value : undefined;
  if (Array.isArray(value)) return value.slice(0, LIST_MAX).map(tidy);
  const fields = objectOf(value);
  return fields === undefined
    ? value
    : present(Object.fromEntries(Object.entries(fields).map(([key, one]) => [key, tidy(one)])));
}
