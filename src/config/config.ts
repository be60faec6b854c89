import assert from "node:assert/strict";
import { INGEST_KEYS } from "./ingest-keys.ts";
import { PERSONAL_KEYS, RETENTION_KEYS, SNAPSHOTS_KEYS, SUMMARIES_KEYS } from "./keeping-keys.ts";
import { readValue, type ConfigKey, type ConfigValue, type ValueOf } from "./key.ts";

const PROJECT = { pattern: /^[A-Za-z][A-Za-z0-9_]{0,31}$/, words: "project key such as PROJ" } as const;
const PHASE = { pattern: /^[A-Za-z][A-Za-z0-9_-]{0,63}$/, words: "phase name such as CODE" } as const;
const EVENT_TYPE = {
  pattern: /^[A-Z][A-Za-z0-9]{0,127}$/,
  words: "event type such as CommentPosted",
} as const;
const SESSION = { pattern: /^\P{Cc}{1,128}$/u, words: "text of 1 to 128 characters" } as const;

/**
 * The one place where configuration keys, their defaults, bounds and descriptions stand. Types, checks,
 * `eso config` and `docs/reference/configuration.md` are all made from it. A plain table and no schema
 * library, because every hook that logs an event pays for what this imports.
 */
export const SCHEMA = {
  storage: {
    base_path: {
      kind: "path",
      default: null,
      description:
        "The store's folder. A relative path starts at the project's folder: the one that holds `config/`, else " +
        "the one that holds the configuration file. Without it, `sessions/events` under the main worktree of the " +
        "git repository, else under the current folder. `--store` and `ESO_STORE` come first.",
    },
    durability: {
      kind: "choice",
      values: ["group", "sync", "os"],
      default: "group",
      description:
        "What an acknowledgement promises. `group`: on disk, concurrent appends sharing one flush. `sync`: on " +
        "disk, each append with its own flush. `os`: handed to the operating system; survives a crash of the " +
        "process, not a loss of power.",
    },
    lock_timeout_seconds: {
      kind: "number",
      default: 10,
      min: 0,
      max: 3_600,
      description:
        "How long a writer waits for other processes before it gives up with `ESO_STORE_LOCKED`. 0: it does not wait.",
    },
    allow_network_file_system: {
      kind: "boolean",
      default: false,
      description:
        "Open a store on a network file system all the same. Locks cannot be trusted there: set it only when a " +
        "single machine writes.",
    },
    journal_max_bytes: {
      kind: "integer",
      default: 67_108_864,
      min: 1_048_576,
      max: 4_294_967_296,
      description:
        "The size at which a new journal file is begun. Smaller: faster recovery; larger: fewer syncs.",
    },
    open_files_max: {
      kind: "integer",
      default: 256,
      min: 8,
      max: 65_536,
      description:
        "How many event files one process keeps open for writing; the least recently used is closed.",
    },
  },
  issue_key: {
    pattern: {
      kind: "pattern",
      default: "^[A-Z][A-Z0-9_]{1,31}-[1-9][0-9]{0,9}$",
      description:
        "What an issue key looks like. A key must also be usable as the name of one folder. RE2 syntax: no " +
        "look-around and no back-references, so that matching takes linear time.",
    },
    default: {
      kind: "text",
      default: null,
      description:
        "The issue of events that name none. Comes after the event itself, `--issue` and `ESO_ISSUE`, before the " +
        "session's open orchestration and the branch. Must fit `issue_key.pattern`.",
    },
  },
  projects: {
    kind: "list",
    default: [],
    items_min: 0,
    item: PROJECT,
    description:
      "The only projects whose keys are recognised in commit messages, branches and titles. Empty: every project " +
      "but those in `projects_deny`, and none in branches that are not upper case.",
  },
  projects_deny: {
    kind: "list",
    default: "UTF SHA MD CVE CWE ISO RFC GPT HTTP TLS ES IEEE PEP X".split(" "),
    items_min: 0,
    item: PROJECT,
    description:
      "Words that look like projects and are none (`UTF-8`, `SHA-256`); a list here adds to these. To have one of " +
      "them as a project, list all projects in `projects`, which makes this key unused.",
  },
  phases: {
    kind: "list",
    default: ["EXPLORE", "PLAN", "CODE", "TEST", "FIX", "DOCUMENT"],
    items_min: 1,
    item: PHASE,
    description: "The phases that events may name, in their usual order.",
  },
  session: {
    default: {
      kind: "text",
      default: null,
      shape: SESSION,
      description:
        "The session of events that name none and belong to no open run. Comes after `ESO_SESSION`. Without it, " +
        "every opened store has a session of its own.",
    },
  },
  validation: {
    unknown_events: {
      kind: "choice",
      values: ["fail", "warn", "ignore"],
      default: "warn",
      description:
        "What a reader does with a stored event whose type it does not know, such as one from a newer version: " +
        "stop, say so and go on, or go on. Writing an unknown type always fails.",
    },
    max_batch_events: {
      kind: "integer",
      default: 10_000,
      min: 1,
      max: 1_000_000,
      description: "The most events that one call may append atomically.",
    },
  },
  performance: {
    apply_interval_ms: {
      kind: "integer",
      default: 5,
      min: 0,
      max: 1_000,
      description:
        "How long acknowledged events may wait in the journal before they are written to their `events.jsonl`. " +
        "Every `eso` reader sees them at once; this is for `jq` and `grep`.",
    },
    max_batch_bytes: {
      kind: "integer",
      default: 8_388_608,
      min: 65_536,
      max: 268_435_456,
      description:
        "Appends that wait at the same moment are written and flushed together, up to this many bytes.",
    },
  },
  indexing: {
    enabled: {
      kind: "boolean",
      default: true,
      description:
        "Answer queries with an index, built at the first query and brought up to date before each. Off: every " +
        "query reads the log. The answers are the same.",
    },
  },
  snapshots: SNAPSHOTS_KEYS,
  summaries: SUMMARIES_KEYS,
  retention: RETENTION_KEYS,
  personal: PERSONAL_KEYS,
  query: {
    default_page_size: {
      kind: "integer",
      default: 100,
      min: 1,
      max: 100_000,
      description: "Events on a page when the caller does not say how many.",
    },
    max_page_size: {
      kind: "integer",
      default: 1_000,
      min: 1,
      max: 100_000,
      description:
        "The most events on one page, whatever the caller asks for. Streaming reads go on page by page.",
    },
    max_query_time_seconds: {
      kind: "number",
      default: 30,
      min: 0,
      max: 86_400,
      description:
        "A page that takes longer ends with `ESO_TIMEOUT`; a streaming read has as long for each. 0: no limit.",
    },
  },
  replay: {
    max_replay_events: {
      kind: "integer",
      default: 10_000,
      min: 1,
      max: 1_000_000,
      description: "The most events that one replay may act on; with more it is refused before it begins.",
    },
    skip_non_idempotent: {
      kind: "boolean",
      default: false,
      description:
        "Pass over events whose effect must not be repeated. Off: a replay that would meet one is refused, " +
        "unless its type is allowed by name.",
    },
    pure: {
      kind: "list",
      default: [],
      items_min: 0,
      item: EVENT_TYPE,
      description:
        "Types without lasting effect outside, where the default is another class. A type in several of these " +
        "lists has the strictest class: `forbidden`, `once`, `idempotent`, `pure`.",
    },
    idempotent: {
      kind: "list",
      default: [],
      items_min: 0,
      item: EVENT_TYPE,
      description: "Types whose effect is the same when it happens again. By default `DocumentationCreated`.",
    },
    once: {
      kind: "list",
      default: [],
      items_min: 0,
      item: EVENT_TYPE,
      description:
        "Types whose effect must happen once: replayed only when allowed by name. By default `CommentPosted`, " +
        "`WorklogAdded`, `ConfluencePageCreated`, `CommitCreated`, `PRCreated`, `PRMerged`, `PRClosed`, " +
        "`IssueTransitioned`.",
    },
    forbidden: {
      kind: "list",
      default: [],
      items_min: 0,
      item: EVENT_TYPE,
      description: "Types that are never replayed, whoever allows it. By default none.",
    },
  },
  ingest: INGEST_KEYS,
} as const satisfies SchemaTree;

/** A key, or a section of keys. */
export interface SchemaTree {
  readonly [name: string]: ConfigKey | { readonly [name: string]: ConfigKey };
}

type ConfigOf<T> = {
  readonly [K in keyof T]: T[K] extends { kind: string } ? ValueOf<T[K]> : ConfigOf<T[K]>;
};

/** A complete configuration: every key with its value, in the names of the file. */
export type Config = ConfigOf<typeof SCHEMA>;

/** Every key by its path: `storage.base_path`. */
export const CONFIG_KEYS: ReadonlyMap<string, ConfigKey> = new Map(flatten(SCHEMA));

/** The configuration that applies where no file says otherwise. */
export const DEFAULT_CONFIG: Config = configFrom(new Map());

/** A whole configuration from checked values by path; every other key has its default. */
export function configFrom(given: ReadonlyMap<string, ConfigValue>): Config {
  const valueOf = (path: string, key: ConfigKey): ConfigValue => given.get(path) ?? key.default;
  const entries = Object.entries<SchemaTree[string]>(SCHEMA).map(([name, node]) => {
    if (isKey(node)) return [name, valueOf(name, node)] as const;
    const values = Object.entries(node).map(
      ([leaf, key]) => [leaf, valueOf(`${name}.${leaf}`, key)] as const,
    );
    return [name, Object.fromEntries(values)] as const;
  });
  const tree: ConfigTree = Object.fromEntries(entries);
  assert(isConfig(tree));
  return tree;
}

/** The value at a path of `CONFIG_KEYS`. */
export function valueAt(config: ConfigTree, path: string): ConfigValue {
  const [name = "", leaf] = path.split(".");
  const node = config[name] ?? null;
  if (!isSection(node)) return node;
  return leaf === undefined ? null : (node[leaf] ?? null);
}

interface ConfigTree {
  readonly [name: string]: ConfigValue | ConfigSection;
}

interface ConfigSection {
  readonly [name: string]: ConfigValue;
}

function isConfig(tree: ConfigTree): tree is Config {
  return [...CONFIG_KEYS].every(([path, key]) => !("problem" in readValue(key, valueAt(tree, path))));
}

function isSection(node: ConfigValue | ConfigSection): node is ConfigSection {
  return typeof node === "object" && node !== null && !Array.isArray(node);
}

function flatten(tree: SchemaTree): [string, ConfigKey][] {
  return Object.entries(tree).flatMap(([name, node]) =>
    isKey(node)
      ? [[name, node] as [string, ConfigKey]]
      : Object.entries(node).map(([leaf, key]): [string, ConfigKey] => [`${name}.${leaf}`, key]),
  );
}

function isKey(node: SchemaTree[string]): node is ConfigKey {
  return typeof node.kind === "string";
}
