import type { EventInput } from "../../event/envelope.ts";
import { findGitDir } from "../git-dir.ts";
import { gitOutput } from "../git-process.ts";
import { objectOf, textOf } from "./json.ts";
import { idOfKey, naturalKey } from "./natural-keys.ts";

/** Finds the whole SHAs of short ones. */
export type FindCommits = (shas: readonly string[]) => Promise<ReadonlyMap<string, string>>;

/**
 * Looks for commits in repositories, the first that knows one counts; folders that are gone are passed over.
 *
 * @example
 * const find = commitFinder(["/home/me/project"]);
 * (await find(["99b497c"])).get("99b497c"); // the whole SHA
 */
export function commitFinder(folders: readonly string[]): FindCommits {
  const repositories = [...new Set(folders)].filter((folder) => findGitDir(folder) !== undefined);
  return async (shas) => {
    const found = new Map<string, string>();
    for (const repository of repositories) {
      const missing = shas.filter((sha) => !found.has(sha));
      if (missing.length === 0) break;
      const asked = missing.map((sha) => `${sha}^{commit}\n`).join("");
      const lines = await linesOf(repository, asked);
      for (const [at, line] of lines.entries()) {
        const [sha = "", type] = line.split(" ");
        const short = missing[at];
        if (type === "commit" && short !== undefined && sha.startsWith(short)) found.set(short, sha);
      }
    }
    return found;
  };
}

async function linesOf(repository: string, input: string): Promise<string[]> {
  const args = ["cat-file", "--batch-check=%(objectname) %(objecttype)"];
  const chunks: Buffer[] = [];
  for await (const chunk of gitOutput(repository, args, { input })) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8").trimEnd().split("\n");
}

/** Commits under their whole SHAs, as far as they are found; the others stay as they were printed. */
export async function withWholeShas(events: readonly EventInput[], find: FindCommits): Promise<EventInput[]> {
  const short = events.map(shortSha).filter((sha) => sha !== undefined);
  if (short.length === 0) return [...events];
  const found = await find(short);
  return events.map((event) => {
    const sha = found.get(shortSha(event) ?? "");
    if (sha === undefined) return event;
    const { sha_unresolved: _unresolved, ...metadata } = objectOf(event.metadata) ?? {};
    const key = naturalKey.commit(sha);
    return {
      ...event,
      event_id: idOfKey(key),
      idempotency_key: key,
      git_sha: sha,
      metadata: { ...metadata, commit_sha: sha },
    };
  });
}

function shortSha(event: EventInput): string | undefined {
  if (event.event_type !== "CommitCreated") return undefined;
  const sha = textOf(objectOf(event.metadata)?.["commit_sha"]);
  return sha !== undefined && sha.length < 40 ? sha : undefined;
}
