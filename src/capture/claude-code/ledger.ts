import type { TokenCounts, Usage } from "./observation.ts";
import { costOf, PRICES_AS_OF } from "./prices.ts";

/** What a run of an agent used, as an AgentCompleted event says it. */
export interface Used {
  readonly tokens: Readonly<Record<string, number>>;
  /** Missing when the price of one of its models is not known. */
  readonly cost_usd?: number;
  readonly cost_prices?: string;
  readonly model: string;
}

const MICRO = 1e6;

/** Tokens by who used them. An answer is told of piece by piece; its last telling counts. */
export class Ledger {
  readonly #answers = new Map<string, Map<string, Usage>>();
  readonly #final = new Set<string>();

  add(worker: string, usage: Usage): void {
    const answers = this.#answers.get(worker) ?? new Map<string, Usage>();
    answers.set(usage.message, usage);
    this.#answers.set(worker, answers);
    if (usage.final) this.#final.add(worker);
    else this.#final.delete(worker);
  }

  /** Whether its last word was an answer, and no call for a tool. */
  isFinal(worker: string): boolean {
    return this.#final.has(worker);
  }

  /** What a worker used since it was last asked for; nothing where nobody told. */
  take(worker: string): Used | undefined {
    const answers = [...(this.#answers.get(worker)?.values() ?? [])];
    this.#answers.delete(worker);
    this.#final.delete(worker);
    const last = answers.at(-1);
    if (last === undefined) return undefined;
    const sum = answers.reduce<TokenCounts>((total, { tokens }) => added(total, tokens), NONE);
    const costs = answers.map(({ model, tokens }) => costOf(model, tokens));
    const known = costs.filter((cost) => cost !== undefined);
    const cost = known.reduce((total, one) => total + one, 0);
    return {
      tokens: {
        input: sum.input,
        output: sum.output,
        cache_creation: sum.cache_creation,
        cache_read: sum.cache_read,
      },
      ...(known.length === costs.length && {
        cost_usd: Math.round(cost * MICRO) / MICRO,
        cost_prices: PRICES_AS_OF,
      }),
      model: last.model,
    };
  }
}

const NONE: TokenCounts = { input: 0, output: 0, cache_creation: 0, cache_creation_1h: 0, cache_read: 0 };

function added(one: TokenCounts, other: TokenCounts): TokenCounts {
  return {
    input: one.input + other.input,
    output: one.output + other.output,
    cache_creation: one.cache_creation + other.cache_creation,
    cache_creation_1h: one.cache_creation_1h + other.cache_creation_1h,
    cache_read: one.cache_read + other.cache_read,
  };
}
