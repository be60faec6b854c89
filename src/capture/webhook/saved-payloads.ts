import { jiraRecord } from "../jira/issue-record.ts";
import { recordedPullRequest } from "../github/pull-request-events.ts";
import { githubEventOf } from "../github/github-event.ts";
import { decodeDelivery, type Delivery, type Provider } from "./delivery.ts";
import { mapDelivery, mapPayload } from "./map-delivery.ts";
import type { Mapped, MappingRules, Surroundings } from "./mapping.ts";
import { at, nameOf, objectOf, ordinalOf, textOf, timeOf } from "./payload.ts";

/** A payload that was saved, as far as the file says what it is. */
export interface SavedPayload {
  /** Its place in the file: empty, or `[3]`. */
  readonly place: string;
  readonly payload: unknown;
  readonly event?: string;
  readonly delivery_id?: string;
  /** When it came, where the file says so. */
  readonly received_at?: string;
}

/**
 * The payloads in a parsed file: one, a list of them, deliveries as GitHub's interface and the quarantine keep them,
 * the examples of `@octokit/webhooks-examples`, or the issues of a search in Jira.
 */
export function* savedPayloads(value: unknown, place = ""): Generator<SavedPayload> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* savedPayloads(item, `${place}[${index}]`);
    return;
  }
  const object = objectOf(value);
  const [examples, issues] = [at(object, "examples"), at(object, "issues")];
  if (Array.isArray(examples)) {
    const event = nameOf(at(object, "name"));
    for (const [index, payload] of examples.entries())
      yield { place: `${place}.examples[${index}]`, payload, ...(event !== undefined && { event }) };
  } else if (Array.isArray(issues) && at(object, "webhookEvent") === undefined) {
    for (const [index, payload] of issues.entries()) yield { place: `${place}.issues[${index}]`, payload };
  } else yield* unwrapped(value, place);
}

/** GitHub's own record of a delivery stands around its payload. */
function* unwrapped(value: unknown, place: string): Generator<SavedPayload> {
  const [event, payload] = [nameOf(at(value, "event")), at(value, "request", "payload")];
  if (event === undefined || objectOf(payload) === undefined) {
    yield { place, payload: value };
    return;
  }
  const [delivery_id, received_at] = [nameOf(at(value, "guid")), timeOf(at(value, "delivered_at"))];
  yield {
    place,
    payload,
    event,
    ...(delivery_id !== undefined && { delivery_id }),
    ...(received_at !== undefined && { received_at }),
  };
}

/** The events that a saved payload tells. */
export function mapSaved(
  saved: SavedPayload,
  {
    provider,
    rules,
    ...known
  }: { readonly provider: Provider; readonly received_at: string; readonly rules: MappingRules },
): Mapped {
  const { payload, event, delivery_id, received_at = known.received_at } = saved;
  const delivery = keptDelivery(payload, provider);
  if (delivery !== undefined) return mapDelivery(delivery, rules);
  const around: Surroundings = { provider, delivery_id, received_at, rules };
  return (
    mapRecord(payload, around) ??
    mapPayload(
      {
        provider,
        payload,
        received_at,
        ...(event !== undefined && { event }),
        ...(delivery_id !== undefined && { delivery_id }),
      },
      rules,
    )
  );
}

/** What the receiver itself kept, such as in its quarantine. */
function keptDelivery(payload: unknown, provider: Provider): Delivery | undefined {
  if (textOf(at(payload, "provider")) !== provider || textOf(at(payload, "received_at")) === undefined)
    return undefined;
  return decodeDelivery(JSON.stringify(payload));
}

/** A provider's own record, as its interface lists it, instead of a webhook about it. */
function mapRecord(payload: unknown, around: Surroundings): Mapped | undefined {
  const object = objectOf(payload);
  if (object === undefined) return undefined;
  if (around.provider === "jira")
    return at(object, "webhookEvent") === undefined ? jiraRecord(object, around) : undefined;
  const isPullRequest =
    ordinalOf(object["number"]) !== undefined && objectOf(at(object, "base", "repo")) !== undefined;
  const isRecord = around.provider === "github" && isPullRequest && githubEventOf(object) === undefined;
  return isRecord ? recordedPullRequest(object, around) : undefined;
}
