import type { Actor } from "../../event/envelope.ts";
import { naturalKey } from "../natural-keys.ts";
import {
  type Draft,
  eventOf,
  type IssueFacts,
  mapped,
  type Mapped,
  type MappedEvent,
  type MappingRules,
  type Surroundings,
  unmapped,
} from "../webhook/mapping.ts";
import {
  at,
  bodyOf,
  countOf,
  hostOf,
  idOf,
  LIMITS,
  type Loose,
  nameOf,
  objectOf,
  objectsOf,
  textOf,
  timeOf,
} from "../webhook/payload.ts";
import { documentText } from "./document-text.ts";
import { issueFacts } from "./issue-facts.ts";

/** Longer ones are no names of machines. */
const HOST_MAX = 100;

/** What a webhook of Jira tells, Cloud's and Data Center's. */
export function mapJira(payload: unknown, around: Surroundings): Mapped {
  const object = objectOf(payload);
  if (object === undefined) return unmapped("not a JSON object");
  const name = nameOf(object["webhookEvent"], 64) ?? "an unknown kind";
  const facts = issueFacts(object["issue"]);
  const learned = facts === undefined ? [] : [facts];
  if (name === "jira:issue_created" && facts !== undefined) return { events: [], learned };
  if (/^(?:jira:)?worklog_created$/.test(name)) return { ...worklogOf(object, facts, around), learned };
  const events = [
    ...changesOf(object, facts, around),
    ...(isCommented(name, object) ? [commentEvent(object["comment"], facts, around)] : []),
    ...(name === "jira:worklog_updated" ? bookedEvents(object, facts, around) : []),
  ];
  const found = mapped(events);
  const why = found.events.length > 0 ? {} : { unmapped: `no event is made of this ${name}` };
  return { ...found, ...why, learned };
}

/** Data Center tells of comments as updates of their issue, and of changes to them by the same event. */
function isCommented(name: string, payload: Loose): boolean {
  if (name === "comment_created" || name === "issue_commented") return true;
  return name === "jira:issue_updated" && payload["issue_event_type_name"] === "issue_commented";
}

/** An entry of a change history, in a webhook or an export. */
export interface Change {
  readonly id: string | undefined;
  readonly items: unknown;
  readonly at: string | undefined;
  readonly by: unknown;
  readonly trigger: string;
}

function changesOf(payload: Loose, facts: IssueFacts | undefined, around: Surroundings): MappedEvent[] {
  if (textOf(payload["webhookEvent"]) !== "jira:issue_updated" || facts === undefined) return [];
  const change: Change = {
    id: idOf(at(payload, "changelog", "id")),
    items: at(payload, "changelog", "items"),
    at: timeOf(payload["timestamp"]),
    by: payload["user"],
    trigger: "webhook",
  };
  return transitions(change, facts, around);
}

/** The changes of status in an entry of an issue's history. */
export function transitions(
  { id, items, ...change }: Change,
  facts: IssueFacts,
  around: Surroundings,
): MappedEvent[] {
  if (id === undefined) return [];
  return objectsOf(items).flatMap((item, place) => {
    if ((textOf(at(item, "fieldId")) ?? textOf(at(item, "field")))?.toLowerCase() !== "status") return [];
    const [from, to] = [nameOf(at(item, "fromString")), nameOf(at(item, "toString"))];
    if (from === undefined || to === undefined) return [];
    const actor = personActor(change.by, around.rules);
    const draft: Draft = {
      type: "IssueTransitioned",
      key: naturalKey.change(facts.host, id, place),
      at: change.at,
      actor,
      sources: { explicit: facts.key },
      url: browseUrl(facts),
      metadata: {
        from_status: from,
        to_status: to,
        transition_trigger: change.trigger,
        automated: actor.type === "system",
      },
    };
    return [eventOf(draft, around)];
  });
}

/** A comment on an issue; what only some may read is recorded without its text. */
export function commentEvent(
  comment: unknown,
  facts: IssueFacts | undefined,
  around: Surroundings,
): MappedEvent | undefined {
  const id = idOf(at(comment, "id"));
  const host = hostOf(at(comment, "self")) ?? facts?.host;
  if (id === undefined || host === undefined || facts === undefined) return undefined;
  const isRestricted =
    objectOf(at(comment, "visibility")) !== undefined || at(comment, "jsdPublic") === false;
  const body = isRestricted ? undefined : bodyOf(documentText(at(comment, "body")));
  const actor = personActor(at(comment, "author"), around.rules);
  const draft: Draft = {
    type: "CommentPosted",
    key: naturalKey.comment(host, id),
    at: timeOf(at(comment, "created")),
    actor,
    sources: { explicit: facts.key },
    url: browseUrl(facts),
    metadata: {
      comment_id: id,
      comment_type: "issue",
      posted_by: actor.id,
      comment_body: body?.text,
      visibility: isRestricted ? "restricted" : "public",
      truncated: body?.cut === true ? true : undefined,
    },
  };
  return eventOf(draft, around);
}

/** Cloud names the issue of a worklog by its number only. */
function worklogOf(payload: Loose, facts: IssueFacts | undefined, around: Surroundings): Mapped {
  const worklog = payload["worklog"];
  const [host, id] = [hostOf(at(worklog, "self")) ?? facts?.host, idOf(at(worklog, "issueId")) ?? facts?.id];
  if (host === undefined) return unmapped("the worklog does not say which Jira it is in");
  const key = facts?.key ?? (id === undefined ? undefined : around.rules.issueOf?.(host, id));
  if (key !== undefined) return mapped([worklogEvent(worklog, { host, id: id ?? "", key }, around)]);
  if (id === undefined || host.length > HOST_MAX) return unmapped("the worklog names no issue");
  return { ...unmapped(`nothing is known yet of the issue with the number ${id}`), waitsFor: { host, id } };
}

/** Time that was booked on an issue. */
export function worklogEvent(
  worklog: unknown,
  facts: IssueFacts,
  around: Surroundings,
): MappedEvent | undefined {
  const [id, seconds] = [idOf(at(worklog, "id")), countOf(at(worklog, "timeSpentSeconds"))];
  if (id === undefined || seconds === undefined) return undefined;
  const actor = personActor(at(worklog, "author"), around.rules);
  const comment = bodyOf(documentText(at(worklog, "comment")));
  return workEvent(
    {
      id,
      at: timeOf(at(worklog, "created")),
      actor,
      metadata: {
        time_spent_seconds: seconds,
        time_spent_human: nameOf(at(worklog, "timeSpent")),
        worklog_description: comment?.text,
        started: timeOf(at(worklog, "started")),
        author: actor.id,
        truncated: comment?.cut === true ? true : undefined,
      },
    },
    facts,
    around,
  );
}

/** Data Center tells of booked time as a change: which worklog, and the sum before and after. */
function bookedEvents(
  payload: Loose,
  facts: IssueFacts | undefined,
  around: Surroundings,
): (MappedEvent | undefined)[] {
  const items = objectsOf(at(payload, "changelog", "items"));
  const itemOf = (field: string) => items.find((item) => textOf(at(item, "field")) === field);
  const worklog = itemOf("WorklogId");
  const [spent, id] = [itemOf("timespent"), idOf(at(worklog, "to") ?? at(worklog, "toString"))];
  const isNew = worklog !== undefined && (at(worklog, "from") ?? null) === null;
  const seconds = Number(at(spent, "to")) - Number(at(spent, "from") ?? 0);
  if (facts === undefined || id === undefined || !isNew || !Number.isSafeInteger(seconds) || seconds < 0)
    return [];
  const actor = personActor(payload["user"], around.rules);
  const metadata = { time_spent_seconds: seconds, author: actor.id };
  return [workEvent({ id, at: timeOf(payload["timestamp"]), actor, metadata }, facts, around)];
}

type Work = Pick<Draft, "at" | "actor" | "metadata"> & { readonly id: string };

function workEvent({ id, ...work }: Work, facts: IssueFacts, around: Surroundings): MappedEvent {
  const key = naturalKey.worklog(facts.host, id);
  return eventOf(
    { ...work, type: "WorklogAdded", key, sources: { explicit: facts.key }, url: browseUrl(facts) },
    around,
  );
}

/** Cloud knows people by their account, Data Center by their name. */
function personActor(person: unknown, rules: MappingRules): Actor {
  const id =
    idOf(at(person, "accountId")) ?? nameOf(at(person, "name"), 128) ?? idOf(at(person, "key")) ?? "unknown";
  const isMachine = at(person, "accountType") === "app" || rules.bots?.includes(id) === true;
  return { type: isMachine ? "system" : "user", id };
}

function browseUrl({ host, key }: IssueFacts): string {
  return `https://${host}/browse/${encodeURIComponent(key).slice(0, LIMITS.name)}`;
}
