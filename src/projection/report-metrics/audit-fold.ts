import { GLOBAL_STREAM, type StoredEvent } from "../../event/envelope.ts";
import { type AnyEvent, type EventOf, isEventOf, knownEvent } from "../../event/registry.ts";
import { summarise, type Tone } from "../event-summary.ts";
import { count } from "../metrics/figures.ts";
import { type IntervalLog, intervalLog, noteEvent } from "../metrics/intervals.ts";
import type { CommitRow, DocumentRow, EventPlace, TroubleRow, VoidedRow } from "./audit-rows.ts";

/** Longer texts are cut in tables; the events themselves keep them whole. */
export const TABLE_TEXT_MAX = 500;

/** What a start or an end said, beside when it was. */
export interface Note {
  readonly text?: string | undefined;
  readonly tone?: Tone;
  readonly gap?: EventOf<"GapIdentified">["metadata"];
}

/** What is known of a pull request, in whatever order it came. */
export interface PullFacts {
  readonly stream: string;
  readonly repo: string | null;
  readonly number: number;
  title: string | null;
  url: string | null;
  branch: string | null;
  created_at: string | null;
  merged_at: string | null;
  closed_at: string | null;
}

/** What happened on one UTC day. */
export interface DayCounts {
  events: number;
  started: number;
  completed: number;
  failed: number;
  commits: number;
  merged: number;
  errors: number;
}

/** What the fold keeps. */
export interface AuditFold {
  readonly log: IntervalLog;
  readonly notes: Note[];
  readonly trouble: TroubleRow[];
  readonly commits: CommitRow[];
  readonly documents: DocumentRow[];
  readonly voided: VoidedRow[];
  readonly pulls: Map<string, PullFacts>;
  /** By stream and gap, epoch milliseconds. */
  readonly escalations: Map<string, number[]>;
  /** By stream and agent: when something happened to it, and whether it was blocked then. */
  readonly moments: Map<string, { readonly at_ms: number; readonly blocked: boolean }[]>;
  readonly worklog: Map<string, number>;
  readonly types: Map<string, number>;
  readonly actors: Map<string, number>;
  readonly days: Map<string, DayCounts>;
  readonly streams: Set<string>;
  worklog_entries: number;
  transitions: number;
  comments: number;
  events: number;
  first_timestamp: string | null;
  last_timestamp: string | null;
}

/** A fold without events. */
export function auditFold(): AuditFold {
  return {
    log: intervalLog("phase", "agent", "gap", "test", "check", "recovery"),
    notes: [],
    trouble: [],
    commits: [],
    documents: [],
    voided: [],
    pulls: new Map(),
    escalations: new Map(),
    moments: new Map(),
    worklog: new Map(),
    types: new Map(),
    actors: new Map(),
    days: new Map(),
    streams: new Set(),
    worklog_entries: 0,
    transitions: 0,
    comments: 0,
    events: 0,
    first_timestamp: null,
    last_timestamp: null,
  };
}

/** Takes note of an event. */
export function addToAudit(fold: AuditFold, event: StoredEvent): AuditFold {
  const { timestamp, event_type, actor, issue_key: stream = GLOBAL_STREAM } = event;
  fold.events++;
  fold.streams.add(stream);
  if (fold.first_timestamp === null || timestamp < fold.first_timestamp) fold.first_timestamp = timestamp;
  if (fold.last_timestamp === null || timestamp > fold.last_timestamp) fold.last_timestamp = timestamp;
  count(fold.types, event_type);
  count(fold.actors, `${actor.type}:${actor.id}`);
  addDay(fold, event);
  const known = knownEvent(event);
  const summary = summarise(event);
  const note = known === undefined ? undefined : noteOf(known, summary.text, summary.tone);
  noteEvent(fold.log, event, note === undefined ? undefined : fold.notes.push(note));
  if (summary.tone === "failure") fold.trouble.push(troubleOf(event, summary.text));
  if (known !== undefined) addFacts(fold, known, stream);
  addMoment(fold, event, stream);
  return fold;
}

function addDay({ days }: AuditFold, { timestamp, event_type }: StoredEvent): void {
  const day = timestamp.slice(0, 10);
  let counts = days.get(day);
  if (counts === undefined) {
    counts = { events: 0, started: 0, completed: 0, failed: 0, commits: 0, merged: 0, errors: 0 };
    days.set(day, counts);
  }
  counts.events++;
  const counted = COUNTED_BY_DAY[event_type];
  if (counted !== undefined) counts[counted]++;
}

const COUNTED_BY_DAY: Readonly<Record<string, keyof DayCounts>> = {
  OrchestrationStarted: "started",
  OrchestrationCompleted: "completed",
  OrchestrationFailed: "failed",
  CommitCreated: "commits",
  PRMerged: "merged",
  ErrorOccurred: "errors",
};

function noteOf(event: AnyEvent, text: string, tone: Tone): Note | undefined {
  switch (event.event_type) {
    case "OrchestrationStarted":
      return { text: tableText(event.metadata.issue_summary) };
    case "OrchestrationFailed":
    case "PhaseFailed":
    case "AgentFailed":
      return { text: tableText(event.metadata.failure_reason) };
    case "AgentSpawned":
      return { text: tableText(event.metadata.assigned_task) };
    case "GapIdentified":
      return { gap: event.metadata };
    case "TestRunCompleted":
    case "TestRunFailed":
    case "QualityCheckCompleted":
    case "QualityCheckFailed":
      return { text: tableText(text), tone };
    default:
      return undefined;
  }
}

/** A text as a table has room for it. */
export function tableText(text: string): string;
export function tableText(text: string | undefined): string | undefined;
export function tableText(text: string | undefined): string | undefined {
  if (text === undefined || text.length <= TABLE_TEXT_MAX) return text;
  return `${text.slice(0, TABLE_TEXT_MAX).toWellFormed()}…`;
}

function placeOf({ issue_key = GLOBAL_STREAM, event_sequence, event_id }: StoredEvent): EventPlace {
  return { stream: issue_key, sequence: event_sequence, event_id };
}

function troubleOf(event: StoredEvent, text: string): TroubleRow {
  const { timestamp: at, event_type, causation_id = null } = event;
  return { ...placeOf(event), at, event_type, text: tableText(text), causation_id };
}

function addFacts(fold: AuditFold, event: AnyEvent, stream: string): void {
  switch (event.event_type) {
    case "CommitCreated":
      fold.commits.push(commitOf(event));
      break;
    case "PRCreated":
    case "PRMerged":
    case "PRClosed":
      addPull(fold, event, stream);
      break;
    case "GapEscalated":
      listIn(fold.escalations, gapKey(stream, event.metadata.gap_id)).push(Date.parse(event.timestamp));
      break;
    case "WorklogAdded":
      fold.worklog_entries++;
      count(fold.worklog, event.metadata.author ?? event.actor.id, event.metadata.time_spent_seconds);
      break;
    case "DocumentationCreated":
    case "ConfluencePageCreated":
      fold.documents.push(documentOf(event));
      break;
    case "IssueTransitioned":
      fold.transitions++;
      break;
    case "CommentPosted":
      fold.comments++;
      break;
    case "StoreEventVoided":
      fold.voided.push(voidedOf(event));
      break;
    default:
  }
}

/** The key of a gap in `escalations`. */
export function gapKey(stream: string, gap_id: string): string {
  return `${stream} ${gap_id}`;
}

function listIn<T>(lists: Map<string, T[]>, key: string): T[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

function commitOf(event: EventOf<"CommitCreated">): CommitRow {
  const { metadata: m, timestamp: at, actor, branch = null, source } = event;
  return {
    ...placeOf(event),
    sha: m.commit_sha,
    message: tableText(m.commit_message),
    repo: m.repo ?? null,
    branch,
    author: m.agent_author ?? actor.id,
    at,
    files_changed: m.files_changed ?? null,
    insertions: m.insertions ?? null,
    deletions: m.deletions ?? null,
    url: source?.url ?? null,
  };
}

function documentOf(event: EventOf<"DocumentationCreated"> | EventOf<"ConfluencePageCreated">): DocumentRow {
  const base = { ...placeOf(event), at: event.timestamp };
  if (isEventOf(event, "ConfluencePageCreated")) {
    const { page_id, page_title, page_url = null } = event.metadata;
    return { ...base, title: tableText(page_title ?? page_id), path: page_id, url: page_url };
  }
  const { doc_path, doc_title } = event.metadata;
  return { ...base, title: tableText(doc_title ?? doc_path), path: tableText(doc_path), url: null };
}

function voidedOf({ metadata, timestamp: at, actor }: EventOf<"StoreEventVoided">): VoidedRow {
  const { voided_event_id, why } = metadata;
  return { voided_event_id, why: tableText(why) ?? null, at, by: actor.id };
}

function addPull(
  { pulls }: AuditFold,
  event: EventOf<"PRCreated"> | EventOf<"PRMerged"> | EventOf<"PRClosed">,
  stream: string,
): void {
  const { pr_number: number, repo = null } = event.metadata;
  const key = JSON.stringify([stream, repo, number]);
  const nothing = {
    title: null,
    url: null,
    branch: null,
    created_at: null,
    merged_at: null,
    closed_at: null,
  };
  const pull: PullFacts = pulls.get(key) ?? { stream, repo, number, ...nothing };
  pulls.set(key, pull);
  pull.url ??= event.source?.url ?? null;
  if (event.event_type === "PRMerged") pull.merged_at = earliest(pull.merged_at, event.timestamp);
  else if (event.event_type === "PRClosed") pull.closed_at = earliest(pull.closed_at, event.timestamp);
  else {
    pull.created_at = earliest(pull.created_at, event.timestamp);
    pull.title ??= tableText(event.metadata.pr_title) ?? null;
    pull.url = event.metadata.pr_url ?? pull.url;
    pull.branch ??= event.metadata.head_branch ?? null;
  }
}

function earliest(one: string | null, other: string): string {
  return one === null || other < one ? other : one;
}

/** Whatever an agent does, or is said of it, ends a block. */
function addMoment({ moments }: AuditFold, event: StoredEvent, stream: string): void {
  const named = event.metadata["agent_name"];
  const name = typeof named === "string" ? named : event.actor.type === "agent" ? event.actor.id : undefined;
  if (name === undefined) return;
  const at_ms = Date.parse(event.timestamp);
  listIn(moments, `${stream} ${name}`).push({ at_ms, blocked: event.event_type === "AgentBlocked" });
}
