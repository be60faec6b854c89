import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { dirname, join } from "node:path";

import { errorCode } from "../error-code.ts";
import type { IssueFacts } from "../webhook/mapping.ts";
import { nameOf, objectOf } from "../webhook/payload.ts";

const ENTRIES_AT_HAND_MAX = 10_000;

/**
 * What Jira told of its issues, by its own number: one small file each under `.store/issues`, so that processes
 * need not wait for each other. Learned anew with every payload; losing it loses no event.
 */
export class IssueCache {
  readonly #folder: string;
  readonly #known = new Map<string, IssueFacts>();

  /** @param room the store's `.store` folder. */
  constructor(room: string) {
    this.#folder = join(room, "issues");
  }

  /** Takes note of issues; true when one of them was not known, or is told anew. */
  learn(issues: readonly IssueFacts[]): boolean {
    const news = issues.filter((facts) => this.#isNews(facts));
    for (const facts of news) this.#keep(facts);
    return news.length > 0;
  }

  /** What is known of the issue with this number. */
  issue(host: string, id: string): IssueFacts | undefined {
    const path = this.#pathOf(host, id);
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const facts = readFacts(path);
    if (facts !== undefined) this.#remember(path, facts);
    return facts;
  }

  #isNews(facts: IssueFacts): boolean {
    const known = this.issue(facts.host, facts.id);
    return known === undefined || JSON.stringify({ ...known, ...facts }) !== JSON.stringify(known);
  }

  /** A payload may leave out what an earlier one told. */
  #keep(facts: IssueFacts): void {
    const path = this.#pathOf(facts.host, facts.id);
    const all = { ...this.issue(facts.host, facts.id), ...facts };
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const temporary = `${path}.${randomUUID()}.tmp`;
    writeFileSync(temporary, `${JSON.stringify(all)}\n`, { mode: 0o600 });
    renameSync(temporary, path);
    this.#remember(path, all);
  }

  #remember(path: string, facts: IssueFacts): void {
    this.#known.set(path, facts);
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size > ENTRIES_AT_HAND_MAX) this.#known.delete(oldest);
  }

  /** Hosts and numbers come from outside. */
  #pathOf(host: string, id: string): string {
    return join(this.#folder, inPath(host), `${inPath(id)}.json`);
  }
}

function inPath(text: string): string {
  return encodeURIComponent(text).replaceAll(".", "%2E").slice(0, 120);
}

function readFacts(path: string): IssueFacts | undefined {
  try {
    const facts = objectOf(JSON.parse(readFileSync(path, "utf8")));
    return nameOf(facts?.["key"]) === undefined ? undefined : (facts as unknown as IssueFacts);
  } catch (error) {
    if (error instanceof SyntaxError || errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
