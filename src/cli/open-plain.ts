import type { Config } from "../config/config.ts";
import type { EventStore } from "../store/event-store.ts";
import type { Context } from "./context.ts";

/** How to open the store for a command that must not fill in what events leave out. */
export interface PlainOptions {
  /** Whose events these are; default nobody's. */
  readonly session?: string | undefined;
  /** Make the store when it is not there. Default true. */
  readonly create?: boolean;
}

/** The store without the default issue of ESO_ISSUE and the configuration. The caller closes it. */
export async function openPlain(context: Context, options: PlainOptions = {}): Promise<EventStore> {
  const [path, { config }] = await Promise.all([context.storePath(), context.config()]);
  const { openStore } = await import("../open.ts");
  return openStore({
    ...(path.includes("://") ? { url: path } : { path }),
    config: withoutDefaults(config),
    create: options.create ?? true,
    ...(options.session === undefined ? {} : { session: options.session }),
  });
}

function withoutDefaults(config: Config): Config {
  return {
    ...config,
    issue_key: { ...config.issue_key, default: null },
    session: { ...config.session, default: null },
  };
}
