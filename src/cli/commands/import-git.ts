import { resolve } from "node:path";
import process from "node:process";

import { findGitDir } from "../../capture/git-dir.ts";
import { gitEvents } from "../../capture/git-import.ts";
import { NotFoundError } from "../../errors.ts";
import { issueKeyRule } from "../../event/issue-key.ts";
import { type ImportEntry, importEvents, type ImportReport, knownKeys } from "../../store/import-events.ts";
import type { EventStore } from "../../store/event-store.ts";
import type { Call } from "../command.ts";
import type { ExitCode } from "../exit-codes.ts";
import { Progress } from "../progress.ts";
import { printReport } from "./import-report.ts";

/** Large enough that a batch's flush is shared by many commits. */
const CHUNK = 1_000;

/** `eso import git`: records a repository's commits. */
export async function importGit(call: Call): Promise<ExitCode> {
  const { given, context } = call;
  const repository = resolve(context.cwd, given.argument("repository") ?? ".");
  if (findGitDir(repository) === undefined) throw noRepository(repository);
  await using store = await context.plain();
  const commits = new Commits(store);
  using progress = new Progress(process.stderr, { label: "importing", unit: "commits" });
  const report = await importEvents(store, commits.entries(repository, await optionsOf(call)), {
    onDuplicate: "same-fact",
    keepGoing: true,
    onProgress: (entries) => progress.add(commits.progressTo(entries)),
  });
  return printReport(call, commits.complete(report), { source: repository });
}

function noRepository(path: string): NotFoundError {
  return new NotFoundError("ESO_NOT_FOUND", `${path} is not in a git repository`, {
    hint: "Name the repository's folder: eso import git ../api",
    details: { what: path },
  });
}

async function optionsOf({ given, context, signal }: Call): Promise<Parameters<typeof gitEvents>[1]> {
  const { config } = await context.config();
  const fault = await issueKeyRule(config.issue_key.pattern);
  const named = given.list("projects");
  const branch = given.text("branch");
  const since = given.text("since");
  return {
    projects: named.length > 0 ? named : config.projects,
    deny: config.projects_deny,
    accepts: (key) => fault(key) === undefined,
    ...(branch === undefined ? {} : { branch }),
    revisions: revisionsOf(branch, since),
    chunk: CHUNK,
    signal,
  };
}

/** None for all refs. */
function revisionsOf(branch: string | undefined, since: string | undefined): string[] {
  if (since === undefined) return branch === undefined ? [] : [branch];
  return [branch ?? "HEAD", `^${since}`];
}

/** The commits of a repository that the store does not hold, and how many it does. */
class Commits {
  readonly #store: EventStore;
  #known = 0;
  #counted = 0;

  constructor(store: EventStore) {
    this.#store = store;
  }

  async *entries(
    repository: string,
    options: Parameters<typeof gitEvents>[1],
  ): AsyncGenerator<ImportEntry[]> {
    const chunks = gitEvents(repository, { ...options, isKnown: (shas) => this.#isKnown(shas) });
    for await (const events of chunks)
      yield events.map((input) => ({ where: `commit ${input.git_sha}`, input }));
  }

  async #isKnown(shas: readonly string[]): Promise<ReadonlySet<string>> {
    const keys = await knownKeys(
      this.#store.log,
      shas.map((sha) => `commit:${sha}`),
    );
    this.#known += keys.size;
    return new Set([...keys].map((key) => key.slice("commit:".length)));
  }

  /** How many entries are new since the last call. */
  progressTo(entries: number): number {
    const fresh = entries - this.#counted;
    this.#counted = entries;
    return fresh;
  }

  /** The report with the commits that were known before git was asked for them. */
  complete(report: ImportReport): ImportReport {
    return { ...report, known: report.known + this.#known };
  }
}
