import type { Actor, EventInput } from "../../event/envelope.ts";
import { authorActor } from "../git-author.ts";
import { extractIssueKeys, type KeyRules, type KeySources } from "../issue-keys.ts";
import type { Provider } from "./delivery.ts";
import { addressOf, nameOf, objectOf, present, textOf } from "./payload.ts";

/** What a tracker says of an issue; kept, since some payloads name issues by number only. */
export interface IssueFacts {
  readonly host: string;
  readonly id: string;
  readonly key: string;
  readonly summary?: string;
  readonly type?: string;
  readonly priority?: string;
  readonly status?: string;
  readonly labels?: readonly string[];
  readonly components?: readonly string[];
}

/** How payloads are understood. */
export interface MappingRules extends KeyRules {
  /** Logins and account ids of machines that do not say so themselves. */
  readonly bots?: readonly string[];
  /** Words in names of workflows and checks that make them test runs. */
  readonly testWords?: readonly string[];
  /** The issue key behind a tracker's own number, as far as it was learned. */
  readonly issueOf?: (host: string, id: string) => string | undefined;
  /** The wiki whose payloads do not say where they come from. */
  readonly confluenceHost?: string;
}

/** What surrounds a payload. */
export interface Surroundings {
  readonly provider: Provider;
  readonly delivery_id?: string | undefined;
  /** Stands in where the payload has no time. */
  readonly received_at: string;
  readonly rules: MappingRules;
}

/** An event, and which recorded facts could tell its issue when the payload does not. */
export interface MappedEvent {
  readonly input: EventInput;
  /** Natural keys, the most telling first. */
  readonly sameIssueAs?: readonly string[];
}

/** What became of a payload. */
export interface Mapped {
  /** What the provider calls it, as far as anybody said so. */
  readonly kind?: string;
  readonly events: readonly MappedEvent[];
  readonly learned: readonly IssueFacts[];
  /** Why the payload, or a part of it, became no event. The delivery is kept then. */
  readonly unmapped?: string;
  /** The payload names this issue by its number only; it waits until the key is learned. */
  readonly waitsFor?: { readonly host: string; readonly id: string };
}

/** Nothing came of a payload, and why. */
export function unmapped(why: string): Mapped {
  return { events: [], learned: [], unmapped: why };
}

/** Events that came of a payload, and what was left over. */
export function mapped(events: readonly (MappedEvent | undefined)[], leftOver?: string): Mapped {
  const found = events.filter((event) => event !== undefined);
  return {
    events: found,
    learned: [],
    ...(leftOver === undefined && found.length > 0
      ? {}
      : { unmapped: leftOver ?? "nothing in it is an event" }),
  };
}

/** An event in a payload's words. */
export interface Draft {
  readonly type: string;
  readonly key: string;
  readonly at: string | undefined;
  readonly actor: Actor;
  /** Where its issue may be named. */
  readonly sources: KeySources;
  /** Fields that are undefined are left out. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly branch?: string | undefined;
  readonly sha?: string | undefined;
  readonly url?: unknown;
  readonly sameIssueAs?: readonly string[];
}

const MAX_RELATED = 20;
const FULL_SHA = /^[0-9a-f]{40}$/i;

/** The event of a draft. */
export function eventOf(
  draft: Draft,
  { provider, delivery_id, received_at, rules }: Surroundings,
): MappedEvent {
  const [issue, ...related] = extractIssueKeys(draft.sources, rules);
  const url = addressOf(draft.url);
  const branch = nameOf(draft.branch);
  const metadata = present({
    ...draft.metadata,
    related_issue_keys: related.length > 0 ? related.slice(0, MAX_RELATED) : undefined,
  });
  const input: EventInput = {
    event_type: draft.type,
    timestamp: draft.at ?? received_at,
    ...(issue !== undefined && { issue_key: issue }),
    actor: draft.actor,
    metadata,
    ...(draft.sha !== undefined && FULL_SHA.test(draft.sha) && { git_sha: draft.sha }),
    ...(branch !== undefined && { branch }),
    idempotency_key: draft.key,
    source: present({ provider, delivery_id, url }),
  };
  const others = draft.sameIssueAs ?? [];
  return issue === undefined && others.length > 0 ? { input, sameIssueAs: others } : { input };
}

/** Key sources without those that are missing. */
export function keySources(sources: {
  readonly [K in keyof KeySources]: KeySources[K] | undefined;
}): KeySources {
  return present(sources);
}

/** Who a forge's account is: people, machines by their account's kind or name, coding agents by name. */
export function accountActor(account: unknown, rules: MappingRules): Actor {
  const person = objectOf(account);
  const name = nameOf(person?.["login"] ?? person?.["username"] ?? person?.["name"], 128) ?? "unknown";
  const actor = authorActor({ name, email: "" });
  const isMachine = textOf(person?.["type"]) === "Bot" || rules.bots?.includes(name) === true;
  return actor.type === "user" && isMachine ? { ...actor, type: "system" } : actor;
}

/** Whether a check or workflow of these names runs tests, by whole words: `unit-tests`, not `latest`. */
export function runsTests(names: readonly (string | undefined)[], rules: MappingRules): boolean {
  const wanted = new Set((rules.testWords ?? TEST_WORDS).map((word) => word.toLowerCase()));
  return names.some((name) =>
    (name ?? "")
      .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
      .toLowerCase()
      .split(/[^\p{L}\p{N}]+/u)
      .some((word) => wanted.has(word)),
  );
}

/** Words that name test runs. */
export const TEST_WORDS: readonly string[] =
  "test tests testing spec specs e2e unit integration pytest jest vitest".split(" ");
