import { userInfo } from "node:os";
import { resolve } from "node:path";

import type { Actor, Json, JsonObject } from "../../event/envelope.ts";
import { isObject } from "../../event/envelope-rules.ts";
import { parseStrictJson } from "../../event/strict-json.ts";
import { suggest } from "../../event/suggest.ts";
import type { ExpectedSequence } from "../../log/event-log.ts";
import type { AppendOptions } from "../../store/append.ts";
import type { Arguments } from "../arguments.ts";
import { parseTime } from "../moment.ts";
import { readText, titleOf } from "../read-input.ts";
import { didYouMean, UsageError } from "../usage-error.ts";
import { readFields, readingsOf } from "./typed-fields.ts";

/** What is logged, as far as the command line says it; checked by the store. */
export type Draft = Record<string, unknown> & { event_type: string; metadata: Json };

const ACTOR_TYPES = ["agent", "user", "system"] as const;
const TEXT_OPTIONS = [
  ["session", "session_id"],
  ["correlation", "correlation_id"],
  ["causation", "causation_id"],
  ["idempotency-key", "idempotency_key"],
  ["event-id", "event_id"],
  ["phase", "phase"],
] as const;

/** Where and when the command was given. */
interface Place {
  readonly store: string;
  readonly cwd: string;
  readonly now: number;
}

/** The event that the command line describes; for the type `-`, options fill and replace fields of the one on stdin. */
export async function draftOf(given: Arguments, place: Place): Promise<Draft> {
  const draft = await startOf(given);
  const issue = given.text("issue");
  if (issue !== undefined) draft["issue_key"] = issue;
  for (const [option, field] of TEXT_OPTIONS) {
    const text = given.text(option);
    if (text !== undefined) draft[field] = text;
  }
  const timestamp = given.text("timestamp");
  if (timestamp !== undefined) draft["timestamp"] = timeOf(timestamp, place.now);
  if (
    given.text("actor") !== undefined ||
    draft["actor"] === undefined ||
    given.text("model") !== undefined
  ) {
    draft["actor"] = actorOf(given, draft["actor"]);
  }
  draft.metadata = await metadataOf(given, draft, place);
  return draft;
}

async function startOf(given: Arguments): Promise<Draft> {
  const type = given.required("type");
  if (type !== "-") return { event_type: type, metadata: {} };
  if (given.texts("meta").includes("-")) {
    throw new UsageError(
      "standard input cannot be both the event and its metadata",
      "Put the metadata into the event.",
    );
  }
  const event = parseStrictJson(await readText("-"));
  if (!isObject(event)) throw new UsageError("standard input holds no JSON object");
  return { ...event, event_type: event["event_type"] as string, metadata: event["metadata"] ?? {} };
}

function timeOf(text: string, now: number): string {
  const time = parseTime(text, { now });
  if (time.includes("T")) return time;
  throw new UsageError(`--timestamp ${text} is a day, not a time`, `Write ${text}T12:00:00Z.`);
}

/** Who did it: `--actor` and `--model`, else what is there already, else the user of the operating system. */
export function actorOf(given: Arguments, present?: unknown): unknown {
  const text = given.text("actor");
  const model = given.text("model");
  const actor = text === undefined ? (present ?? osUser()) : actorIn(text);
  return model === undefined || typeof actor !== "object" ? actor : { ...actor, model };
}

function actorIn(text: string): Actor {
  const [word = ""] = text.split(":", 1);
  const type = ACTOR_TYPES.find((one) => one === word);
  const id = text.slice(word.length + 1);
  if (type !== undefined && id !== "") return { type, id };
  const near = text.includes(":")
    ? suggest(word, ACTOR_TYPES).map((one) => `${one}:${id}`)
    : [`agent:${text}`, `user:${text}`];
  throw new UsageError(
    `--actor ${text} does not say who did it`,
    didYouMean(near) ?? "Write agent:NAME, user:NAME or system:NAME.",
  );
}

function osUser(): Actor {
  const { USER, USERNAME } = process.env;
  return { type: "user", id: USER || USERNAME || nameOfUser() };
}

function nameOfUser(): string {
  try {
    return userInfo().username || "unknown";
  } catch {
    // Containers run with user ids that have no name.
    return `uid-${process.getuid?.() ?? "unknown"}`;
  }
}

const isSource = (word: string): boolean => word === "-" || word.startsWith("@");

/** Objects from files and standard input, then single fields, which replace what stands in those. */
async function metadataOf(given: Arguments, draft: Draft, place: Place): Promise<Json> {
  const words = given.texts("meta");
  if (words.length === 0) return draft.metadata;
  const metadata = new Map(isObject(draft.metadata) ? Object.entries(draft.metadata) : []);
  for (const word of words.filter(isSource)) {
    for (const [name, value] of Object.entries(await objectIn(word, place.cwd))) metadata.set(name, value);
  }
  const pairs = words.filter((word) => !isSource(word));
  const readings = await readingsOf(draft.event_type, place.store);
  for (const [name, value] of readFields(pairs, readings)) metadata.set(name, value);
  return Object.fromEntries(metadata);
}

async function objectIn(word: string, cwd: string): Promise<JsonObject> {
  const name = word === "-" ? "-" : word.slice(1);
  if (name === "") throw new UsageError("--meta @ names no file", "Write --meta @metadata.json.");
  const value = parseStrictJson(await readText(name === "-" ? name : resolve(cwd, name)));
  if (isObject(value)) return value;
  throw new UsageError(`${titleOf(name)} holds no JSON object`, "The metadata is one object: {…}.");
}

/** How the event is to be appended. */
export function appendOptionsOf(given: Arguments): AppendOptions {
  const durability = given.choice("durability", ["group", "sync", "os"]);
  const onDuplicate = given.choice("on-duplicate", ["conflict", "same-fact"]);
  const expected = given.text("expect");
  return {
    ...(durability === undefined ? {} : { durability }),
    ...(onDuplicate === undefined ? {} : { onDuplicate }),
    ...(expected === undefined ? {} : { expectedSequence: expectedOf(expected) }),
  };
}

function expectedOf(text: string): ExpectedSequence {
  if (text === "none" || text === "exists" || text === "any") return text;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new UsageError(
    `--expect cannot be "${text}"`,
    "It is the issue's last sequence, or none, exists or any.",
  );
}
