import { createHmac } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openStore } from "../open.ts";
import type { EventStore } from "../store/event-store.ts";
import { ingestHandler, type IngestHandler, type IngestOptions } from "./ingest-handler.ts";
import { listen, type Listening } from "./listen.ts";
import type { DeliveryReport } from "./record-deliveries.ts";

export const SECRET = "It's a Secret to Everybody";

/** A receiver on a port of this machine, with a store in a folder of its own. */
export class TestReceiver implements AsyncDisposable {
  readonly folder: string;
  readonly store: EventStore;
  readonly ingest: IngestHandler;
  readonly reports: DeliveryReport[];
  readonly server: Listening;
  readonly errors: unknown[];

  private constructor(
    parts: Pick<TestReceiver, "folder" | "store" | "ingest" | "reports" | "server" | "errors">,
  ) {
    const { folder, store, ingest, reports, server, errors } = parts;
    [this.folder, this.store, this.ingest, this.reports, this.server, this.errors] = [
      folder,
      store,
      ingest,
      reports,
      server,
      errors,
    ];
  }

  static async open(options: Partial<IngestOptions> = {}): Promise<TestReceiver> {
    const folder = mkdtempSync(join(tmpdir(), "eso-webhooks-"));
    const path = join(folder, "store");
    const store = await openStore({ path });
    const [reports, errors]: [DeliveryReport[], unknown[]] = [[], []];
    const ingest = ingestHandler(store, {
      path,
      secrets: { github: [SECRET], gitlab: [SECRET], jira: [SECRET], confluence: [SECRET] },
      onDelivery: (report) => reports.push(report),
      onError: (error) => errors.push(error),
      ...options,
    });
    const server = await listen(ingest, {
      host: "127.0.0.1",
      port: 0,
      onError: (error) => errors.push(error),
    });
    return new TestReceiver({ folder, store, ingest, reports, server, errors });
  }

  get address(): string {
    return `http://127.0.0.1:${this.server.port}`;
  }

  /** Posts a payload as GitHub does. */
  github(event: string, payload: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return this.post("github", payload, { "x-github-event": event, ...headers });
  }

  /** Posts a signed payload. */
  post(
    provider: string,
    payload: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const body = typeof payload === "string" ? payload : JSON.stringify(payload);
    return fetch(`${this.address}/${provider}`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json", ...signed(body), ...headers },
    });
  }

  /** Files that lie in a place of the store's engine room. */
  filesIn(...place: readonly string[]): string[] {
    try {
      const folder = join(this.folder, "store", ".store", ...place);
      return readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
    } catch {
      return [];
    }
  }

  /** Facts of the log: type, key and stream. */
  async facts(): Promise<string[]> {
    const facts: string[] = [];
    for await (const { event_type, idempotency_key, issue_key } of this.store.queryEvents())
      facts.push(`${issue_key ?? "global"} ${event_type} ${idempotency_key ?? ""}`);
    return facts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
    await this.ingest.drain();
    this.ingest.close();
    await this.store.close();
    rmSync(this.folder, { recursive: true });
  }
}

/** The proofs that providers send along. */
export function signed(body: string, secret = SECRET): Record<string, string> {
  const signature = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
  return { "x-hub-signature-256": signature, "x-hub-signature": signature, "x-gitlab-token": secret };
}
