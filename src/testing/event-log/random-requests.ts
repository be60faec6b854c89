import type { EventInput } from "../../event/envelope.ts";
import type { ExpectedSequence } from "../../log/event-log.ts";
import { sampleEvent } from "../sample-event.ts";
import type { SeededRandom } from "../seeded-random.ts";
import { type ArrayModel, type ModelRequest, streamOf } from "./array-model.ts";

type Input = ModelRequest["events"][number];

const ISSUES: readonly [string | undefined, ...(string | undefined)[]] = [
  undefined,
  "MODEL-1",
  "MODEL-2",
  "MODEL-3",
  "MODEL-11",
];

/** Makes requests that are now fresh, now repeat, contradict or add to what a model holds. */
export class RandomRequests {
  readonly #random: SeededRandom;
  readonly #model: ArrayModel;
  readonly #multiStream: boolean;
  #made = 0;

  constructor(random: SeededRandom, model: ArrayModel, multiStream: boolean) {
    this.#random = random;
    this.#model = model;
    this.#multiStream = multiStream;
  }

  next(): ModelRequest {
    const issue = this.#random.pick(ISSUES);
    const oneStream = !this.#multiStream || this.#random.chance(0.5);
    const events: Input[] = [];
    for (let count = 1 + this.#random.below(4); count > 0; count--) {
      const of = oneStream ? issue : this.#random.pick(ISSUES);
      events.push(this.#random.chance(0.6) ? this.#fresh(of) : this.#variant(of, events));
    }
    const onDuplicate = this.#random.chance(0.5) ? "same-fact" : "conflict";
    const expectedSequence = oneStream ? this.#expectation(events) : "any";
    return { events, expectedSequence, onDuplicate };
  }

  #fresh(issue_key: string | undefined): Input {
    const seed = this.#made++;
    const idempotency_key = this.#random.chance(0.5) ? `key:${seed}` : undefined;
    return withFields(sampleEvent(seed, { issue_key, idempotency_key }));
  }

  /** A known event of this stream, once more: as it was, without its id, changed, or with an addition. */
  #variant(issue_key: string | undefined, pending: readonly Input[]): Input {
    const recorded = this.#model.records.flatMap(({ input }) => (input === undefined ? [] : [input]));
    const [known, ...others] = [...recorded, ...pending].filter((input) => input.issue_key === issue_key);
    if (known === undefined) return this.#fresh(issue_key);
    const first = this.#random.pick([known, ...others]);
    return this.#random.pick<(event: Input) => Input>([
      (event) => event,
      (event) => event,
      withoutId,
      (event) => ({ ...event, branch: `other-${this.#random.below(3)}` }),
      (event) =>
        withoutId({ ...event, metadata: { ...event.metadata, [`seen_${this.#random.below(3)}`]: true } }),
    ])(first);
  }

  #expectation(events: readonly Input[]): ExpectedSequence {
    const [event] = events;
    const actual = event === undefined ? 0 : this.#model.stream(streamOf(event)).length;
    return this.#random.pick<ExpectedSequence>(["any", "any", actual, actual, "exists", "none", actual + 1]);
  }
}

/** Without an id only what has a natural key can be told again. */
function withoutId(event: Input): Input {
  if (event.idempotency_key === undefined) return event;
  const { event_id: _, ...rest } = event;
  return rest;
}

function withFields(event: EventInput): Input {
  const metadata: Input["metadata"] = JSON.parse(JSON.stringify(event.metadata));
  return { ...event, metadata };
}
