import { hash } from "node:crypto";

import { type Delivery, type Provider, PROVIDERS } from "../capture/webhook/delivery.ts";
import type { SpoolFigures } from "../capture/webhook/delivery-spool.ts";
import type { MappingRules } from "../capture/webhook/mapping.ts";
import { isProven } from "../capture/webhook/signature.ts";
import { ConfigError } from "../errors.ts";
import type { EventStore } from "../store/event-store.ts";
import { mayCall } from "./host-rule.ts";
import { bodyWithin, TooLarge } from "./read-body.ts";
import { type DeliveryReport, DeliveryRecorder } from "./record-deliveries.ts";

/** Secrets of a provider; two while one replaces the other. A function is asked at each delivery. */
export type Secrets = readonly string[] | (() => readonly string[]);

export interface IngestOptions {
  /** The store's folder: deliveries are kept in its `.store` until they are recorded. */
  readonly path: string;
  /** By provider. The path of a provider that is not named is not found. */
  readonly secrets: { readonly [P in Provider]?: Secrets };
  /** Providers whose deliveries are taken without proof. Anyone who reaches the receiver can then write. */
  readonly insecure?: readonly Provider[];
  /** Names under which the receiver may be called, without port. Default: `localhost` and the loopback addresses. */
  readonly hosts?: readonly string[];
  /** Default 5 MiB. */
  readonly maxBodyBytes?: number;
  /** What issue keys, bots and tests look like. */
  readonly rules?: Omit<MappingRules, "issueOf">;
  /** Epoch ms; default the system's clock. */
  readonly clock?: () => number;
  /** Told of each delivery once it was recorded, or kept elsewhere. */
  readonly onDelivery?: (report: DeliveryReport) => void;
  /** Told of a store that cannot be written; it is tried again. */
  readonly onError?: (error: unknown) => void;
}

/** Answers webhooks: `POST /github`, `/gitlab`, `/jira`, `/confluence`, below whatever path it is mounted at. */
export interface IngestHandler {
  (request: Request): Promise<Response>;
  /** Records what waits; resolves when all that was received so far is in the log or kept elsewhere. */
  drain(): Promise<void>;
  /** What waits, and what was kept. */
  figures(): Promise<SpoolFigures>;
  /** Tries no more to record what could not be recorded. The store stays open: it is the caller's. */
  close(): void;
}

export const MAX_BODY_BYTES = 5_242_880;
const BODIES_AT_ONCE_MAX = 32;
const DELIVERIES_REMEMBERED_MAX = 10_000;
const RETRY_MS = 5_000;
const EVENT_HEADERS = ["x-github-event", "x-gitlab-event", "x-event-key"];
const ID_HEADERS = ["x-github-delivery", "x-gitlab-event-uuid", "x-atlassian-webhook-identifier"];

/**
 * A receiver of webhooks for any server that speaks web-standard requests. It answers 202 once a delivery is on disk;
 * making events of it follows. The same delivery may come any number of times, its facts are recorded once.
 *
 * @throws ConfigError when no provider has a secret and none is named insecure.
 * @example
 * ```ts
 * await using store = await openStore({ path: "./sessions/events" });
 * const ingest = ingestHandler(store, { path: "./sessions/events", secrets: { github: ["the secret"] } });
 * const request = new Request("http://localhost/github", { method: "POST", body: "{}" });
 * const { status } = await ingest(request); // 401: it is not signed
 * await ingest.drain();
 * ```
 */
export function ingestHandler(store: EventStore, options: IngestOptions): IngestHandler {
  const receiver = new Receiver(store, options);
  return Object.assign((request: Request) => receiver.answer(request), {
    drain: () => receiver.drain(),
    figures: () => receiver.figures(),
    close: () => receiver.close(),
  });
}

class Receiver {
  readonly #options: IngestOptions;
  readonly #recorder: DeliveryRecorder;
  readonly #clock: () => number;
  /** An optimisation only: ids are not signed, so natural keys are what keeps facts single. */
  readonly #seen = new Set<string>();
  #bodies = 0;
  #retry: NodeJS.Timeout | undefined;

  constructor(store: EventStore, options: IngestOptions) {
    const { path, rules, onDelivery, clock = Date.now } = options;
    if (PROVIDERS.every((provider) => !isOpenTo(provider, options))) throw noSecret();
    this.#options = options;
    this.#clock = clock;
    this.#recorder = new DeliveryRecorder(store, {
      path,
      ...(rules === undefined ? {} : { rules }),
      ...(onDelivery === undefined ? {} : { onDelivery }),
    });
  }

  async answer(request: Request): Promise<Response> {
    if (!mayCall(request, this.#options.hosts)) return reply(403, "this receiver is not called by that name");
    const provider = providerIn(request);
    if (provider === undefined || !isOpenTo(provider, this.#options)) return reply(404, "nothing is here");
    if (request.method !== "POST") return reply(405, "deliveries are posted", { allow: "POST" });
    if (request.headers.has("content-encoding")) return reply(415, "bodies must not be compressed");
    if (this.#bodies >= BODIES_AT_ONCE_MAX) return reply(503, "too many at once", { "retry-after": "1" });
    this.#bodies += 1;
    try {
      return await this.#take(provider, request);
    } finally {
      this.#bodies -= 1;
    }
  }

  async #take(provider: Provider, request: Request): Promise<Response> {
    const { maxBodyBytes = MAX_BODY_BYTES } = this.#options;
    let body: Uint8Array;
    try {
      body = await bodyWithin(request, maxBodyBytes);
    } catch (error) {
      if (error instanceof TooLarge) return reply(413, `a body has at most ${maxBodyBytes} bytes`);
      return reply(400, "the body broke off");
    }
    const refusal = this.#refusal(provider, request, body);
    if (refusal !== undefined) return refusal;
    return this.#keep(deliveryOf(provider, request, { body, now: this.#clock() }));
  }

  #refusal(provider: Provider, request: Request, body: Uint8Array): Response | undefined {
    const secrets = secretsOf(provider, this.#options);
    if (secrets.length > 0) {
      // One answer for every reason, so that nobody learns how close a guess was.
      return isProven(provider, request.headers, { body, secrets })
        ? undefined
        : reply(401, "not authorised");
    }
    // Where a secret was named and is gone, nothing is proven.
    if (this.#options.insecure?.includes(provider) !== true) return reply(401, "not authorised");
    // Without a signature, pages in a browser must not be able to post what they like.
    return isJson(request) ? undefined : reply(415, "the content type must be application/json");
  }

  async #keep(delivery: Delivery): Promise<Response> {
    const digest = hash("sha256", delivery.body);
    const name = `${delivery.provider}\n${delivery.delivery_id ?? ""}\n${digest}`;
    if (delivery.delivery_id !== undefined && this.#seen.has(name)) return reply(202, "known");
    try {
      await this.#recorder.spool.add(delivery);
    } catch (error) {
      this.#options.onError?.(error);
      return reply(503, "the delivery could not be kept", { "retry-after": "60" });
    }
    this.#remember(name);
    void this.#drainLater();
    return reply(202, "accepted");
  }

  #remember(name: string): void {
    this.#seen.add(name);
    const [oldest] = this.#seen;
    if (oldest !== undefined && this.#seen.size > DELIVERIES_REMEMBERED_MAX) this.#seen.delete(oldest);
  }

  async #drainLater(): Promise<void> {
    try {
      await this.#recorder.drain();
    } catch (error) {
      this.#options.onError?.(error);
      this.#retry ??= setTimeout(() => {
        this.#retry = undefined;
        void this.#drainLater();
      }, RETRY_MS).unref();
    }
  }

  drain(): Promise<void> {
    return this.#recorder.drain();
  }

  figures(): Promise<SpoolFigures> {
    return this.#recorder.figures();
  }

  close(): void {
    clearTimeout(this.#retry);
  }
}

function secretsOf(provider: Provider, { secrets }: IngestOptions): readonly string[] {
  const given = secrets[provider] ?? [];
  return (typeof given === "function" ? given() : given).filter((secret) => secret !== "");
}

function isOpenTo(provider: Provider, { secrets, insecure = [] }: IngestOptions): boolean {
  const given = secrets[provider];
  const isNamed = typeof given === "function" || given?.some((secret) => secret !== "") === true;
  return isNamed || insecure.includes(provider);
}

function providerIn(request: Request): Provider | undefined {
  const last = new URL(request.url).pathname.split("/").findLast((part) => part !== "");
  return PROVIDERS.find((provider) => provider === last);
}

function isJson(request: Request): boolean {
  return /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(request.headers.get("content-type") ?? "");
}

const HEADER_LENGTH_MAX = 256;

function firstOf(headers: Headers, names: readonly string[]): string | undefined {
  const found = names.map((name) => headers.get(name)).find((value) => value !== null);
  return found ? found.slice(0, HEADER_LENGTH_MAX) : undefined;
}

function deliveryOf(
  provider: Provider,
  { headers }: Request,
  { body, now }: { readonly body: Uint8Array; readonly now: number },
): Delivery {
  const event = firstOf(headers, EVENT_HEADERS);
  const delivery_id = firstOf(headers, ID_HEADERS);
  return {
    provider,
    ...(event !== undefined && { event }),
    ...(delivery_id !== undefined && { delivery_id }),
    received_at: new Date(now).toISOString(),
    body,
  };
}

function reply(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Response {
  const body = status < 300 ? { status: message } : { error: message };
  return Response.json(body, {
    status,
    headers: { "cache-control": "no-store", "x-content-type-options": "nosniff", ...headers },
  });
}

function noSecret(): ConfigError {
  return new ConfigError("ESO_INVALID_CONFIG", "a receiver of webhooks needs a secret, and none was given", {
    hint: "Give the secret that the provider signs with, or name the providers that are taken without proof.",
  });
}
