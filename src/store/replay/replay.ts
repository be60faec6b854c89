import { randomUUID } from "node:crypto";

import { NotFoundError, ReplayRefusedError, ValidationError } from "../../errors.ts";
import { isEventType, type InputOf } from "../../event/registry.ts";
import {
  REPLAY_ID,
  type ReplayBegin,
  type ReplayFinish,
  type ReplayJournal,
  type ReplayJournals,
} from "../../log/replay-journal.ts";
import type { EffectOf } from "../../projection/effects.ts";
import type { Ack } from "../append.ts";
import { handlerLookup, hasConditions } from "./handlers.ts";
import { markerOf } from "./marker.ts";
import { countsOf, type PlanRules, planSteps, refused, type Steps } from "./plan.ts";
import { NO_PROGRESS, progressOf, type ReplayProgress } from "./progress.ts";
import type { ReplaySource } from "./range.ts";
import type { ReplayOptions, ReplayPlan } from "./replay-options.ts";
import { runSteps } from "./run.ts";

/** What replays are made with; the same for every replay of a store. */
export interface ReplayParts {
  readonly source: ReplaySource;
  readonly journals: ReplayJournals;
  readonly effectOf: EffectOf;
  /** `replay.max_replay_events`. */
  readonly maxEvents: number;
  /** `replay.skip_non_idempotent`. */
  readonly skipNonIdempotent: boolean;
  readonly clock: () => number;
  /** Logs the marker. */
  record(marker: InputOf<"EventsReplayed">): Promise<Ack>;
}

/** What is replayed, once options and journal have been put together. */
interface Request {
  readonly stream: string;
  readonly from: number;
  readonly to: number;
  readonly head: number;
  readonly onFailure: "stop" | "continue";
  readonly rules: PlanRules;
}

/**
 * Plans a replay of a stream's events, and, unless it is a dry run, carries it out.
 * @throws ReplayRefusedError before anything is done, when a real run would repeat what must not be repeated.
 * @throws NotFoundError for an unknown stream, or an unknown replay to resume.
 * @throws ConflictError while another process works on the replay to resume.
 */
export async function replayEvents(
  parts: ReplayParts,
  stream: string,
  options: ReplayOptions,
): Promise<ReplayPlan> {
  checkOptions(options);
  if (options.dryRun !== false) return planned(parts, stream, options);
  if (options.resume === undefined) return begun(parts, stream, options);
  return resumed(parts, stream, options);
}

async function planned(parts: ReplayParts, stream: string, options: ReplayOptions): Promise<ReplayPlan> {
  const progress = options.resume === undefined ? NO_PROGRESS : progressRead(parts, options.resume);
  const request = await requestOf(parts, stream, { options, progress });
  return planOf(request, await stepsOf(parts, request, options), { dry_run: true, status: "planned" });
}

async function begun(parts: ReplayParts, stream: string, options: ReplayOptions): Promise<ReplayPlan> {
  const request = await requestOf(parts, stream, { options, progress: NO_PROGRESS });
  const planned = await stepsOf(parts, request, options);
  refuse(planned);
  const begin = beginOf(request, planned, { options, at: timeOf(parts) });
  const journal = await parts.journals.create(begin.replay_id);
  try {
    await journal.append(begin);
    return await carriedOut(parts, { request, planned, options, begin, journal });
  } finally {
    journal.close();
  }
}

async function resumed(parts: ReplayParts, stream: string, options: ReplayOptions): Promise<ReplayPlan> {
  const journal = await parts.journals.open(options.resume ?? "");
  if (journal === undefined) throw noReplay(options.resume ?? "");
  try {
    const progress = progressOf(journal.found);
    const { begin, markerSequence } = progress;
    if (begin === undefined) throw noReplay(options.resume ?? "");
    const request = await requestOf(parts, stream, { options, progress });
    const planned = await stepsOf(parts, request, options);
    const name = { dry_run: false, status: "finished", replay_id: begin.replay_id } as const;
    if (markerSequence !== undefined)
      return {
        ...planOf(request, planned, name),
        marker_sequence: markerSequence,
        warnings: ["was finished before; nothing was done"],
      };
    if (progress.finish !== undefined) {
      const marker_sequence = await recorded(parts, journal, progress.finish);
      return { ...planOf(request, planned, name), marker_sequence };
    }
    refuse(planned);
    return await carriedOut(parts, { request, planned, options, begin, journal });
  } finally {
    journal.close();
  }
}

interface Work {
  readonly request: Request;
  readonly planned: Steps;
  readonly options: ReplayOptions;
  readonly begin: ReplayBegin;
  readonly journal: ReplayJournal;
}

async function carriedOut(parts: ReplayParts, work: Work): Promise<ReplayPlan> {
  const { request, planned, options, begin, journal } = work;
  const { stream, from, to, head, onFailure } = request;
  const { replay_id } = begin;
  await options.onBegin?.(planOf(request, planned, { dry_run: false, status: "interrupted", replay_id }));
  const { steps, interrupted } = await runSteps(planned.steps, {
    source: parts.source,
    range: { stream, from, to },
    journal,
    handlerOf: handlerLookup(options.handlers),
    context: { replayId: replay_id, signal: options.signal },
    onFailure,
    onStep: options.onStep,
    now: () => timeOf(parts),
    head,
    needsState: hasConditions(options.handlers),
  });
  const status = interrupted ? "interrupted" : "finished";
  const report = planOf(request, { ...planned, steps }, { dry_run: false, status, replay_id });
  if (interrupted) return report;
  const marker = markerOf(begin, steps, { actor: options.actor, allowOnce: request.rules.allowOnce });
  const finish: ReplayFinish = { kind: "finish", marker: { ...marker }, at: timeOf(parts) };
  await journal.append(finish);
  return { ...report, marker_sequence: await recorded(parts, journal, finish) };
}

/** The marker has its id from the journal, so that recording it again adds nothing. */
async function recorded(parts: ReplayParts, journal: ReplayJournal, finish: ReplayFinish): Promise<number> {
  const { event_sequence } = await parts.record(finish.marker as unknown as InputOf<"EventsReplayed">);
  await journal.append({ kind: "end", marker_sequence: event_sequence, at: timeOf(parts) });
  return event_sequence;
}

async function requestOf(
  parts: ReplayParts,
  stream: string,
  { options, progress }: { options: ReplayOptions; progress: ReplayProgress },
): Promise<Request> {
  const { begin } = progress;
  if (begin !== undefined && begin.stream !== stream)
    throw invalid("$.resume", `replay ${begin.replay_id} is one of ${begin.stream}, not of ${stream}`);
  const head = (await parts.source.log.stream(stream))?.head_sequence;
  if (head === undefined) throw noEvents(stream);
  const from = begin?.from_sequence ?? options.fromSequence ?? 1;
  const to = begin?.to_sequence ?? Math.min(options.toSequence ?? head, head);
  if (from > head) throw invalid("$.fromSequence", `${stream} has no event ${from}, its last one is ${head}`);
  const types = begin === undefined ? options.eventTypes : (begin.event_types ?? undefined);
  return {
    stream,
    from,
    to,
    head,
    onFailure: begin?.on_failure ?? options.onFailure ?? "stop",
    rules: {
      effectOf: parts.effectOf,
      maxEvents: parts.maxEvents,
      handlerOf: options.handlers === undefined ? undefined : handlerLookup(options.handlers),
      eventTypes: types === undefined ? undefined : new Set(types),
      eventFilter: options.eventFilter,
      allowOnce: new Set([...(options.allowOnce ?? []), ...(begin?.allow_once ?? [])]),
      skipNonIdempotent: options.skipNonIdempotent ?? parts.skipNonIdempotent,
      progress,
    },
  };
}

function stepsOf(parts: ReplayParts, request: Request, { signal }: ReplayOptions): Promise<Steps> {
  const { stream, from, to, rules } = request;
  return planSteps(parts.source, { stream, from, to, signal }, rules);
}

function planOf(
  { stream, from, to, rules }: Request,
  { steps, refusals }: Steps,
  how: Pick<ReplayPlan, "dry_run" | "status" | "replay_id">,
): ReplayPlan {
  const unneeded = [...rules.allowOnce].filter((type) => rules.effectOf(type) !== "once");
  const unknown = [...(rules.eventTypes ?? []), ...rules.allowOnce].filter((type) => !isEventType(type));
  return {
    issue_key: stream,
    from_sequence: from,
    to_sequence: to,
    ...how,
    steps,
    counts: countsOf(steps),
    refusals,
    warnings: [
      ...unneeded.map(
        (type) => `${type} is of class ${rules.effectOf(type)}: allowing it once changes nothing`,
      ),
      ...[...new Set(unknown)].map((type) => `${type} is not a type of the catalogue`),
    ],
  };
}

function beginOf(
  { stream, from, to, onFailure, rules }: Request,
  { steps }: Steps,
  { options, at }: { options: ReplayOptions; at: string },
): ReplayBegin {
  return {
    kind: "begin",
    replay_id: options.replayId ?? randomUUID(),
    stream,
    from_sequence: from,
    to_sequence: to,
    chosen: steps.filter(({ action }) => action === "run").map(({ event_sequence }) => event_sequence),
    event_types: rules.eventTypes === undefined ? null : [...rules.eventTypes],
    filtered: rules.eventFilter !== undefined,
    allow_once: [...rules.allowOnce],
    on_failure: onFailure,
    at,
  };
}

function progressRead(parts: ReplayParts, replayId: string): ReplayProgress {
  const progress = progressOf(parts.journals.read(replayId) ?? []);
  if (progress.begin === undefined) throw noReplay(replayId);
  return progress;
}

function refuse({ steps, refusals }: Steps): void {
  if (refusals.length === 0) return;
  const [once, forbidden] = [refused(steps, "once"), refused(steps, "forbidden")];
  throw new ReplayRefusedError("ESO_REPLAY_REFUSED", `the replay was refused: ${refusals.join("; ")}`, {
    hint:
      once.length > 0 && forbidden.length === 0
        ? `Look at the dry run. To have these effects once more, allow ${once.join(",")}; to go without them, skip what is not idempotent.`
        : "Look at the dry run; narrow the range or the types, or skip what is not idempotent.",
    details: { refusals, once, forbidden },
  });
}

function checkOptions(options: ReplayOptions): void {
  const { fromSequence, toSequence, dryRun, handlers, replayId, resume } = options;
  for (const [name, value] of Object.entries({ fromSequence, toSequence })) {
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 1))
      throw invalid(`$.${name}`, "must be a whole number from 1 on");
  }
  if ((fromSequence ?? 1) > (toSequence ?? Number.MAX_SAFE_INTEGER))
    throw invalid("$.toSequence", `must not be before fromSequence ${fromSequence}`);
  if (dryRun === false && handlers === undefined)
    throw invalid("$.handlers", "must be given for a real run: a replay does nothing but call them");
  for (const [name, value] of Object.entries({ replayId, resume })) {
    if (value !== undefined && !REPLAY_ID.test(value))
      throw invalid(`$.${name}`, "must be 1 to 100 letters, digits, dots, dashes or underscores");
  }
  if (resume !== undefined && (replayId ?? fromSequence ?? toSequence ?? options.eventTypes) !== undefined)
    throw invalid("$.resume", "goes on with the range, types and name that the replay began with");
}

function timeOf({ clock }: ReplayParts): string {
  return new Date(clock()).toISOString();
}

function invalid(path: string, message: string): ValidationError {
  return new ValidationError("ESO_INVALID_QUERY", `${path.slice(2)}: ${message}`, {
    details: { issues: [{ path, message }] },
  });
}

function noEvents(stream: string): NotFoundError {
  return new NotFoundError("ESO_NOT_FOUND", `there are no events of ${stream}`, {
    details: { what: stream },
  });
}

function noReplay(replayId: string): NotFoundError {
  return new NotFoundError("ESO_NOT_FOUND", `there is no replay ${replayId} to resume`, {
    details: { what: replayId },
  });
}
