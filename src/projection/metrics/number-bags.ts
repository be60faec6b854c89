import { type Floats, longerFloats, longerWords, type Words } from "./mark-table.ts";

/** Numbers by name, many small sets of them, kept flat. */
export interface NumberBags {
  length: number;
  names: Words;
  values: Floats;
  readonly known: string[];
  readonly index: Map<string, number>;
}

export type Named = readonly (readonly [name: string, value: number])[];

const CAPACITY_MIN = 64;

export function numberBags(): NumberBags {
  return { length: 0, names: new Uint32Array(), values: new Float64Array(), known: [], index: new Map() };
}

/** Keeps a set; gives the number, from 1 on, under which it is found again. */
export function keepBag(bags: NumberBags, bag: Named): number {
  const start = bags.length;
  while (bags.values.length < start + bag.length + 1) grow(bags);
  bags.values[start] = bag.length;
  for (const [at, [name, value]] of bag.entries()) {
    bags.names[start + 1 + at] = nameNumber(bags, name);
    bags.values[start + 1 + at] = value;
  }
  bags.length = start + 1 + bag.length;
  return start + 1;
}

/** The set under this number; none has no numbers. */
export function bagOf({ names, values, known }: NumberBags, number: number | undefined): Named {
  if (number === undefined) return [];
  const start = number - 1;
  return Array.from(
    { length: values[start] ?? 0 },
    (_, at) => [known[names[start + 1 + at]!]!, values[start + 1 + at]!] as const,
  );
}

function grow(bags: NumberBags): void {
  const capacity = Math.max(CAPACITY_MIN, Math.ceil(bags.values.length * 1.25));
  bags.names = longerWords(bags.names, capacity);
  bags.values = longerFloats(bags.values, capacity);
}

function nameNumber({ known, index }: NumberBags, name: string): number {
  const number = index.get(name);
  if (number !== undefined) return number;
  index.set(name, known.length);
  return known.push(name) - 1;
}
