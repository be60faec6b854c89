import { accessSync, constants, existsSync } from "node:fs";
import { join, resolve } from "node:path";

import { mainWorktree } from "../capture/git-dir.ts";
import type { Config } from "../config/config.ts";
import type { LoadedConfig } from "../config/load.ts";
import { StorageError } from "../errors.ts";
import type { EventStore } from "../store/event-store.ts";
import type { Arguments } from "./arguments.ts";
import type { Output } from "./output.ts";
import { safe } from "./text.ts";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the store lies when nothing says otherwise, seen from the project's folder. */
export const STORE_PLACE = join("sessions", "events");

/** Something elsewhere, such as `postgres://…`, instead of a folder. */
const STORE_URL = /^[a-z][a-z0-9+.-]+:\/\//i;

/** What a context is made of. */
export interface ContextParts {
  readonly given: Arguments;
  readonly env: Environment;
  readonly cwd: string;
  readonly err: Output;
}

interface OpenHow {
  readonly create: boolean;
  readonly access: "read" | "write";
}

/** What events that say nothing about it belong to. */
interface Defaults {
  readonly config: Config;
  readonly session?: string | undefined;
  readonly issue?: string | undefined;
}

/** How to open the store for a command that must not fill in what events leave out. */
export interface PlainOptions {
  /** Whose events these are; default nobody's. */
  readonly session?: string | undefined;
  /** Make the store when it is not there. Default true. */
  readonly create?: boolean;
}

/**
 * Where things are for one run of `eso`: configuration, store, session, issue. Everything is found when it is
 * first asked for, since most commands need little of it.
 */
export class Context {
  readonly env: Environment;
  readonly cwd: string;
  readonly #given: Arguments;
  readonly #err: Output;
  #config: Promise<LoadedConfig> | undefined;
  #store: Promise<EventStore> | undefined;

  constructor({ given, env, cwd, err }: ContextParts) {
    this.#given = given;
    this.env = env;
    this.cwd = cwd;
    this.#err = err;
  }

  /** `ESO_SESSION`. */
  get session(): string | undefined {
    return this.env["ESO_SESSION"] || undefined;
  }

  /** `ESO_ISSUE`. */
  get issue(): string | undefined {
    return this.env["ESO_ISSUE"] || undefined;
  }

  /** The configuration; its notes are shown once, as warnings. */
  config(): Promise<LoadedConfig> {
    this.#config ??= this.#loadConfig();
    return this.#config;
  }

  async #loadConfig(): Promise<LoadedConfig> {
    const { loadConfig } = await import("../config/load.ts");
    const loaded = await loadConfig({
      path: this.#given.text("config"),
      environmentPath: this.env["ESO_CONFIG"],
      cwd: this.cwd,
    });
    for (const { path, message, replacement } of loaded.notes) {
      const instead = replacement === undefined ? "" : ` Use ${replacement} instead.`;
      await this.#err.line(`warning: ${path}: ${message}${instead}`);
    }
    return loaded;
  }

  /**
   * The store's folder: `--store`, else `ESO_STORE`, else the configuration's `storage.base_path`, else
   * `sessions/events` under the repository's main worktree, else under the current folder.
   */
  async storePath(): Promise<string> {
    const named = this.#given.text("store") ?? (this.env["ESO_STORE"] || undefined);
    if (named !== undefined) return STORE_URL.test(named) ? named : resolve(this.cwd, named);
    const { config } = await this.config();
    return config.storage.base_path ?? join(mainWorktree(this.cwd) ?? this.cwd, STORE_PLACE);
  }

  /**
   * The store, opened for reading and never made; without recovery where the folder cannot be written. The
   * frame closes it.
   * @throws NotFoundError when there is no store.
   */
  reading(): Promise<EventStore> {
    this.#store ??= this.#openForReading();
    return this.#store;
  }

  /** The store, made when it is not there. The frame closes it. */
  writing(): Promise<EventStore> {
    this.#store ??= this.#open({ create: true, access: "write" });
    return this.#store;
  }

  async #openForReading(): Promise<EventStore> {
    const path = await this.storePath();
    if (existsSync(path) && !mayWrite(path)) return this.#open({ create: false, access: "read" });
    try {
      return await this.#open({ create: false, access: "write" });
    } catch (error) {
      if (!(error instanceof StorageError) || error.code !== "ESO_STORAGE_READ_ONLY") throw error;
      return this.#open({ create: false, access: "read" });
    }
  }

  /**
   * The store for a command that must not fill in what events leave out: without the default issue and session of
   * the environment and the configuration. The caller closes it.
   */
  async plain({ create = true, session }: PlainOptions = {}): Promise<EventStore> {
    const { config } = await this.config();
    return this.#open({ create, access: "write" }, { config: withoutDefaults(config), session });
  }

  async #open(how: OpenHow, given?: Defaults): Promise<EventStore> {
    const path = await this.storePath();
    const [{ config }, { openStore }] = await Promise.all([given ?? this.config(), import("../open.ts")]);
    const { session, issue } = given ?? this;
    return openStore({
      ...(STORE_URL.test(path) ? { url: path } : { path }),
      ...how,
      config,
      ...(session === undefined ? {} : { session }),
      ...(issue === undefined ? {} : { issueKey: issue }),
      onWarning: (message) => this.#warn(message),
    });
  }

  /** A warning that cannot be shown stops nothing. */
  #warn(message: string): void {
    this.#err.line(safe`${this.#err.paint("warning", "warning:")} ${message}`).catch(() => undefined);
  }

  /** Lets go of the store, if it was opened. */
  async close(): Promise<void> {
    const opening = this.#store;
    this.#store = undefined;
    const store = await opening?.catch(() => undefined);
    await store?.close();
  }
}

function withoutDefaults(config: Config): Config {
  return {
    ...config,
    issue_key: { ...config.issue_key, default: null },
    session: { ...config.session, default: null },
  };
}

/** Whether this user may write to a store; asked first, since opening for writing changes files at once. */
function mayWrite(path: string): boolean {
  try {
    for (const folder of [path, join(path, ".store")]) accessSync(folder, constants.W_OK);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return true;
    return false;
  }
}
