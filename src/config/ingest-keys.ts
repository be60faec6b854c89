import type { ConfigKey } from "./key.ts";

const HOST_NAME = {
  pattern: /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]{1,253})$/,
  words: "host name such as hooks.example.com, without scheme and port",
} as const;
const ACCOUNT = { pattern: /^\P{Cc}{1,128}$/u, words: "login or account id" } as const;
const WORD = { pattern: /^[\p{L}\p{N}]{1,40}$/u, words: "word such as test" } as const;

/** Keys of the section `ingest`: what the receiver of webhooks and imports go by. */
export const INGEST_KEYS = {
  max_body_bytes: {
    kind: "integer",
    default: 5_242_880,
    min: 1_024,
    max: 26_214_400,
    description: "The longest webhook that `eso ingest serve` takes. GitHub sends up to 25 MiB.",
  },
  hosts: {
    kind: "list",
    default: [],
    items_min: 0,
    item: HOST_NAME,
    description:
      "Names besides `localhost` and the loopback addresses under which the receiver of webhooks may be called: " +
      "those of the proxy or tunnel before it. A call by another name is refused.",
  },
  bots: {
    kind: "list",
    default: [],
    items_min: 0,
    item: ACCOUNT,
    description:
      "Logins and account ids of machines that do not say so themselves. What they do is recorded as done by a " +
      "`system`.",
  },
  test_words: {
    kind: "list",
    default: "test tests testing spec specs e2e unit integration pytest jest vitest".split(" "),
    items_min: 0,
    item: WORD,
    description:
      "Words in the name of a workflow or job that make its runs test runs. Runs of other names are quality checks.",
  },
  confluence_host: {
    kind: "text",
    default: null,
    shape: HOST_NAME,
    description: "The Confluence whose webhooks do not say where they come from, as Data Center's do not.",
  },
} as const satisfies { readonly [name: string]: ConfigKey };
