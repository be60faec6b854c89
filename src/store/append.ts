import type { EventInput } from "../event/envelope.ts";
import type { PreparedEvent } from "../event/prepared.ts";
import { ValidationError } from "../errors.ts";
import type { Durability, EventLog, ExpectedSequence, OnDuplicate, Placement } from "../log/event-log.ts";

export interface AppendOptions {
  /** The sequence that the stream must be at, or `"none"`, `"exists"`, `"any"`. Default `"any"`. */
  readonly expectedSequence?: ExpectedSequence;
  /** What to do when an id or natural key is known with other input. Default `"conflict"`. */
  readonly onDuplicate?: OnDuplicate;
  /** Overrides the store's durability for this append. */
  readonly durability?: Exclude<Durability, "memory">;
  /**
   * False: no summaries are written along. For records of the past, which bring their own or came without.
   * Default true, as far as the configuration has summaries.
   */
  readonly summaries?: boolean;
}

/** The acknowledgement of one event. */
export interface Ack {
  readonly event_id: string;
  readonly event_sequence: number;
  /** Sequence of the stream's last event, events that the store wrote along included. */
  readonly head_sequence: number;
  readonly position: number;
  readonly recorded_at: string;
  /** What is promised: on disk (`group`, `sync`), in the page cache (`os`), or in this process (`memory`). */
  readonly durability: Durability;
  /** The fact was recorded before; the numbers are those of its first record. */
  readonly duplicate: boolean;
  /** Secrets that were cut out of the event before it was stored. */
  readonly redactions: number;
}

/** Readies inputs and appends them as one atomic batch. */
export async function appendEvents(
  log: EventLog,
  prepare: (input: EventInput) => PreparedEvent,
  request: { inputs: readonly EventInput[]; options: AppendOptions; maxEvents: number },
): Promise<readonly Placement[]> {
  const { inputs, options, maxEvents } = request;
  checkOptions(options);
  if (inputs.length > maxEvents) throw tooMany(inputs.length, maxEvents);
  const events = prepareAll(prepare, inputs);
  return log.append({
    events,
    expectedSequence: options.expectedSequence ?? "any",
    onDuplicate: options.onDuplicate ?? "conflict",
    ...(options.durability === undefined ? {} : { durability: options.durability }),
    ...(options.summaries === undefined ? {} : { summaries: options.summaries }),
  });
}

/** Readies inputs; errors of a batch have `$[n]` paths. */
export function prepareAll(
  prepare: (input: EventInput) => PreparedEvent,
  inputs: readonly EventInput[],
): PreparedEvent[] {
  return inputs.map((input, index) => prepareAt(prepare, input, inputs.length === 1 ? undefined : index));
}

/** Names the event of a batch that was rejected. */
function prepareAt(
  prepare: (input: EventInput) => PreparedEvent,
  input: EventInput,
  index: number | undefined,
): PreparedEvent {
  try {
    return prepare(input);
  } catch (error) {
    if (index === undefined || !(error instanceof ValidationError)) throw error;
    const issues = error.issues.map(({ path, message }) => ({
      path: `$[${index}]${path.slice(1)}`,
      message,
    }));
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    throw new ValidationError(error.code, `event ${index + 1} of the batch: ${error.message}`, {
      ...hint,
      details: { issues },
      cause: error,
    });
  }
}

/** What the caller is told of an event's place. */
export function ackOf(placement: Placement): Ack {
  const { stream: _stream, ...rest } = placement;
  return { ...rest, redactions: 0 };
}

const EXPECTED_WORDS = new Set<unknown>(["none", "exists", "any", undefined]);
const ON_DUPLICATE = new Set<unknown>(["conflict", "same-fact", undefined]);
const DURABILITIES = new Set<unknown>(["group", "sync", "os", undefined]);

function checkOptions({ expectedSequence, onDuplicate, durability }: AppendOptions): void {
  const isSequence = Number.isSafeInteger(expectedSequence) && (expectedSequence as number) >= 0;
  if (!isSequence && !EXPECTED_WORDS.has(expectedSequence)) {
    throw badOption("expectedSequence", 'a sequence (0 or more), "none", "exists" or "any"');
  }
  if (!ON_DUPLICATE.has(onDuplicate)) throw badOption("onDuplicate", '"conflict" or "same-fact"');
  if (!DURABILITIES.has(durability)) throw badOption("durability", '"group", "sync" or "os"');
}

function badOption(name: string, wanted: string): ValidationError {
  return new ValidationError("ESO_INVALID_QUERY", `${name} must be ${wanted}; nothing was written`, {
    hint: `Give ${name} as ${wanted}, or leave it out.`,
    details: { issues: [{ path: `$.${name}`, message: `must be ${wanted}` }] },
  });
}

function tooMany(count: number, most: number): ValidationError {
  return new ValidationError(
    "ESO_INVALID_QUERY",
    `${count} events in one append, at most ${most}; nothing was written`,
    {
      hint: "Append in several batches, or raise validation.max_batch_events.",
      details: { issues: [{ path: "$", message: `at most ${most} events` }] },
    },
  );
}
