import { mapConfluence } from "../confluence/map-confluence.ts";
import { mapGithub } from "../github/map-github.ts";
import { mapGitlab } from "../gitlab/map-gitlab.ts";
import { mapJira } from "../jira/map-jira.ts";
import type { Delivery, Provider } from "./delivery.ts";
import { type Mapped, type MappingRules, type Surroundings, unmapped } from "./mapping.ts";
import { at, nameOf } from "./payload.ts";

/** A payload and what is known of it besides. */
export interface NamedPayload extends Omit<Delivery, "body"> {
  readonly payload: unknown;
}

/**
 * The events that a delivery tells. Pure: the same delivery always gives the same, with the same natural keys.
 * Whatever it holds, nothing is thrown; what cannot be understood is said in `unmapped`.
 */
export function mapDelivery(delivery: Delivery, rules: MappingRules): Mapped {
  const payload = payloadOf(delivery.body);
  return payload === NOT_JSON
    ? unmapped("the body is not JSON")
    : mapPayload({ ...delivery, payload }, rules);
}

/** As `mapDelivery`, for a payload that was parsed. */
export function mapPayload({ payload, ...delivery }: NamedPayload, rules: MappingRules): Mapped {
  const { provider, event, delivery_id, received_at } = delivery;
  const kind = nameOf(event, KIND_MAX) ?? kindIn(payload);
  const found = READERS[provider](payload, event, { provider, delivery_id, received_at, rules });
  return kind === undefined ? found : { ...found, kind };
}

const KIND_MAX = 64;

/** GitHub names the kind in a header, the others in the payload. */
function kindIn(payload: unknown): string | undefined {
  const names = ["webhookEvent", "object_kind", "event"].map((field) => nameOf(at(payload, field), KIND_MAX));
  return names.find((name) => name !== undefined);
}

type Reader = (payload: unknown, event: string | undefined, around: Surroundings) => Mapped;

const READERS: Readonly<Record<Provider, Reader>> = {
  github: mapGithub,
  gitlab: (payload, _event, around) => mapGitlab(payload, around),
  jira: (payload, _event, around) => mapJira(payload, around),
  confluence: mapConfluence,
};

const NOT_JSON = Symbol("not JSON");
const FORM = "payload=";

/** The JSON of a body; GitHub also sends it as the one field of a form. */
function payloadOf(body: Uint8Array): unknown {
  const text = new TextDecoder().decode(body);
  const json = text.startsWith(FORM) ? (new URLSearchParams(text).get("payload") ?? "") : text;
  try {
    return JSON.parse(json) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return NOT_JSON;
    throw error;
  }
}
