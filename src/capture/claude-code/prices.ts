import type { TokenCounts } from "./observation.ts";

/** US dollars per million tokens. */
interface Price {
  readonly input: number;
  readonly output: number;
}

/** When the list was last looked over; goes into the events, so that a reader knows what was reckoned with. */
export const PRICES_AS_OF = "2026-11";

/** List prices by model name, the first that fits counts. Prices of models to come are unknown, not guessed. */
const PRICES: readonly (readonly [RegExp, Price])[] = [
  [/opus-4-(?:[5-9]|\d\d)(?:\D|$)/, { input: 5, output: 25 }],
  [/3-opus|opus-4(?:-[01](?:\D|$)|-20\d{6}|$)/, { input: 15, output: 75 }],
  [/sonnet-[34](?:\D|$)|3-[57]-sonnet/, { input: 3, output: 15 }],
  [/haiku-4/, { input: 1, output: 5 }],
  [/3-5-haiku/, { input: 0.8, output: 4 }],
];

const CACHE_WRITE = 1.25;
const CACHE_WRITE_HOUR = 2;
const CACHE_READ = 0.1;

/** What an answer cost by the list, in US dollars; undefined for a model whose price is not known here. */
export function costOf(model: string, tokens: TokenCounts): number | undefined {
  const price = PRICES.find(([names]) => names.test(model))?.[1];
  if (price === undefined) return undefined;
  const short = tokens.cache_creation - tokens.cache_creation_1h;
  const input =
    tokens.input +
    short * CACHE_WRITE +
    tokens.cache_creation_1h * CACHE_WRITE_HOUR +
    tokens.cache_read * CACHE_READ;
  return (input * price.input + tokens.output * price.output) / 1e6;
}
