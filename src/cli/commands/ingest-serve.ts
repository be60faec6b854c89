import { once } from "node:events";

import { type Provider, PROVIDERS } from "../../capture/webhook/delivery.ts";
import type { Config } from "../../config/config.ts";
import { ConfigError } from "../../errors.ts";
import type { EventStore } from "../../store/event-store.ts";
import type { Call } from "../command.ts";
import { DeliveryView } from "../delivery-view.ts";
import { payloadRules } from "../payload-rules.ts";
import { safe } from "../text.ts";
import { secretFile } from "../secret-file.ts";
import { UsageError } from "../usage-error.ts";

const PORT_DEFAULT = 7750;
const PORT_MAX = 65_535;
const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);
const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];
/** Stands for everybody whose work comes by webhooks: events of an issue without an open run belong to it. */
const WEBHOOK_SESSION = "b2c5a4c6-3f0e-5d8e-9a57-6f2b7e1d4c90";

/** `eso ingest serve`: takes webhooks and makes events of them, until it is stopped. */
export async function ingestServe(call: Call): Promise<void> {
  const { context, err, signal } = call;
  const place = placeOf(call);
  const access = accessOf(call, place.host);
  const { config } = await context.config();
  const path = await context.storePath();
  await using store = await openFor(path, config);
  const [{ ingestHandler }, { listen }] = await Promise.all([
    import("../../server/ingest-handler.ts"),
    import("../../server/listen.ts"),
  ]);
  const view = new DeliveryView(call);
  const warn = (error: unknown): void => warnOf(call, error);
  const ingest = ingestHandler(store, {
    ...access,
    path,
    hosts: [
      ...LOOPBACK_NAMES,
      ...(LOOPBACK.has(place.host) ? [] : [place.host]),
      ...config.ingest.hosts,
      ...call.given.list("allow-host"),
    ],
    maxBodyBytes: config.ingest.max_body_bytes,
    rules: await payloadRules(config),
    onDelivery: (report) => view.show(report),
    onError: warn,
  });
  await using server = await listening(listen, ingest, { ...place, onError: warn });
  await err.line(safe`recording into ${path}`);
  await announce(call, { port: server.port, host: place.host, ...access });
  // What an earlier receiver took and did not come to record.
  await ingest.drain();
  if (!signal.aborted) await once(signal, "abort");
  await server.close();
  await ingest.drain();
  ingest.close();
  await view.finish();
  const { parked, quarantined } = await ingest.figures();
  if (parked + quarantined > 0)
    await err.line(`${quarantined} deliveries in quarantine, ${parked} waiting for their issue`);
}

function placeOf({ given }: Call): { host: string; port: number } {
  const port = given.count("port", 0) ?? PORT_DEFAULT;
  if (port > PORT_MAX) throw new UsageError(`--port must be at most ${PORT_MAX}, not ${port}`);
  return { host: given.text("host") ?? "127.0.0.1", port };
}

interface Access {
  readonly secrets: { readonly [P in Provider]?: () => readonly string[] };
  readonly insecure: readonly Provider[];
}

/** Whose deliveries are taken, and by what proof. */
function accessOf({ given, context }: Call, host: string): Access {
  const files = PROVIDERS.map((provider) => [provider, given.text(`${provider}-secret-file`)] as const);
  const named = files.filter((pair): pair is [Provider, string] => pair[1] !== undefined);
  const secrets = Object.fromEntries(
    named.map(([provider, file]) => [provider, secretFile(file, context.cwd)]),
  );
  const isInsecure = given.flag("insecure");
  if (!isInsecure && named.length === 0) {
    throw new UsageError(
      "eso ingest serve needs a secret to tell real deliveries from false ones",
      "Write the secret into a file that only you can read, and give --github-secret-file FILE (or --gitlab-…, " +
        "--jira-…, --confluence-…). To try it out on this machine: --insecure.",
    );
  }
  if (isInsecure && !LOOPBACK.has(host)) {
    throw new ConfigError(
      "ESO_INVALID_CONFIG",
      `--insecure would let everybody who reaches ${host} write events`,
      {
        hint: "Give secrets, or stay on 127.0.0.1 with a proxy before it that checks who calls.",
      },
    );
  }
  return {
    secrets,
    insecure: isInsecure ? PROVIDERS.filter((provider) => secrets[provider] === undefined) : [],
  };
}

/** Webhooks name their issue or none at all, so that no default issue is used. */
async function openFor(path: string, config: Config): Promise<EventStore> {
  const { openStore } = await import("../../open.ts");
  return openStore({
    path,
    config: {
      ...config,
      issue_key: { ...config.issue_key, default: null },
      session: { default: WEBHOOK_SESSION },
    },
  });
}

const REFUSALS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program listens there",
  EACCES: "this user may not",
  EADDRNOTAVAIL: "this machine has no such address",
  ENOTFOUND: "there is no such name",
};

type Listen = typeof import("../../server/listen.ts").listen;

async function listening(listen: Listen, ...[answer, options]: Parameters<Listen>): ReturnType<Listen> {
  try {
    return await listen(answer, options);
  } catch (error) {
    const why = REFUSALS[error instanceof Error && "code" in error ? String(error.code) : ""];
    if (why === undefined) throw error;
    throw new ConfigError(
      "ESO_INVALID_CONFIG",
      `${options.host}:${options.port} cannot be listened at: ${why}`,
      {
        hint: "Give another --port or --host; --port 0 takes any that is free.",
        cause: error,
      },
    );
  }
}

interface Place extends Access {
  readonly host: string;
  readonly port: number;
}

async function announce({ err }: Call, { host, port, secrets, insecure }: Place): Promise<void> {
  const base = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  for (const provider of PROVIDERS) {
    const url = `${base}/${provider}`;
    if (secrets[provider] !== undefined) await err.line(safe`taking webhooks at ${err.paint("key", url)}`);
    else if (insecure.includes(provider))
      await err.line(
        safe`taking webhooks at ${err.paint("key", url)}, ${err.paint("warning", "without proof")}`,
      );
  }
  if (!LOOPBACK.has(host))
    await err.line(
      safe`${err.paint("warning", "warning:")} other machines can reach this; put a proxy with TLS before it`,
    );
  await err.flush();
}

/** A warning that cannot be shown stops nothing. */
function warnOf({ err }: Call, error: unknown): void {
  err.line(safe`${err.paint("warning", "warning:")} ${messageOf(error)}`).catch(() => undefined);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
