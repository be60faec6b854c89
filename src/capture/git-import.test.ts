import { spawnSync } from "node:child_process";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_LINE_BYTES } from "../event/envelope.ts";
import type { GitCommit } from "./git-log.ts";
import { type CommitEvent, type GitImportOptions, commitEvent, gitEvents } from "./git-import.ts";
import { extractIssueKeys } from "./issue-keys.ts";
import { TestRepository, testEnvironment } from "./test-repository.ts";

async function importAll(path: string, options?: GitImportOptions): Promise<CommitEvent[]> {
  const events: CommitEvent[] = [];
  for await (const chunk of gitEvents(path, options)) events.push(...chunk);
  return events;
}

const COMMIT: GitCommit = {
  sha: "0123456789abcdef0123456789abcdef01234567",
  parents: [],
  author_name: "Ada",
  author_email: "ada@example.org",
  message: "",
  subject: "",
  body: "",
  trailers: [],
};

describe("gitEvents", () => {
  it("makes one CommitCreated of a commit", async () => {
    using repo = new TestRepository();
    repo.git("remote", "add", "origin", "https://ada:secret@git.example.org/team/app.git");
    repo.write("a", "1\n2\n");
    const message = `PROJ-1: add a

See PROJ-2. #time 2h

Refs: PROJ-3
Co-authored-by: Claude <noreply@anthropic.com>`;
    const sha = repo.commit(message);
    expect(await importAll(repo.path)).toEqual([
      {
        event_type: "CommitCreated",
        timestamp: "2026-07-01T12:00:00.000Z",
        issue_key: "PROJ-1",
        actor: { type: "user", id: "Ada Lovelace" },
        metadata: {
          commit_sha: sha,
          commit_message: message,
          repo: "team/app",
          files_changed: 1,
          insertions: 2,
          deletions: 0,
          changed_files: ["a"],
          smart_commit: true,
          agent_author: "Claude",
          related_issue_keys: ["PROJ-3", "PROJ-2"],
        },
        git_sha: sha,
        idempotency_key: `commit:${sha}`,
        source: { provider: "git" },
      },
    ]);
  });

  it("puts commits without a key into no stream, and finds a merge's key in its branch", async () => {
    using repo = new TestRepository();
    repo.commit("no key, UTF-8");
    repo.git("checkout", "-q", "-b", "feature/proj-7-x");
    repo.commit("work");
    repo.git("checkout", "-q", "main");
    repo.git("merge", "-q", "--no-ff", "feature/proj-7-x");
    const events = await importAll(repo.path, { projects: ["PROJ"] });
    expect(events.map((event) => event.issue_key)).toEqual([undefined, undefined, "PROJ-7"]);
    expect(events.every((event) => event.branch === undefined)).toBe(true);
    expect(events[2]?.metadata).not.toHaveProperty("files_changed");
    const named = { projects: ["PROJ"], branch: "feature/proj-7-x", revisions: ["main..feature/proj-7-x"] };
    expect(await importAll(repo.path, named)).toEqual([]);
    const onBranch = await importAll(repo.path, { ...named, revisions: ["feature/proj-7-x", "^main~1"] });
    expect(onBranch.map((event) => [event.issue_key, event.branch])).toEqual([
      ["PROJ-7", "feature/proj-7-x"],
    ]);
  });

  it("asks for what is known in chunks and reads the rest", async () => {
    using repo = new TestRepository();
    const shas = [1, 2, 3, 4, 5].map((n) => repo.commit(`ESO-${n}: c`));
    const asked: number[] = [];
    const isKnown = (known: string[]) => async (chunk: readonly string[]) => {
      asked.push(chunk.length);
      return new Set(known);
    };
    const chunks: number[] = [];
    const options = { chunk: 2, isKnown: isKnown([shas[1]!, shas[3]!]) };
    for await (const chunk of gitEvents(repo.path, options)) chunks.push(chunk.length);
    expect([asked, chunks]).toEqual([
      [2, 2, 1],
      [2, 1],
    ]);
    expect(await importAll(repo.path, { isKnown: isKnown(shas) })).toEqual([]);
    const known = await importAll(repo.path, { isKnown: isKnown([]) });
    expect(known).toEqual(await importAll(repo.path));
  });

  it.each([
    ["git@github.com:team/app.git", "team/app"],
    ["ssh://git@example.org:22/group/sub/app/", "group/sub/app"],
    ["https://token@example.org/app", "app"],
    ["file:///srv/git/app.git", "repo"],
    ["../app.git", "repo"],
    [undefined, "repo"],
  ])("names the repository after its origin %s", async (url, name) => {
    using repo = new TestRepository();
    if (url !== undefined) repo.git("remote", "add", "origin", url);
    repo.commit("one");
    expect((await importAll(repo.path))[0]?.metadata.repo).toBe(name);
  });
});

describe("commitEvent", () => {
  it("fits every commit on a line and says when it cut", () => {
    const unit = fc.constantFrom("a", "é", "😀", "\u0001", '"', "PROJ-1 ");
    const text = (max: number) => fc.tuple(unit, fc.nat(max)).map(([part, count]) => part.repeat(count));
    fc.assert(
      fc.property(text(70_000), fc.tuple(text(200), fc.nat(3_000)), fc.nat(300), (body, files, keys) => {
        const [path, count] = files;
        const names = Array.from({ length: keys }, (_, n) => `AB-${n + 1}`).join(" ");
        const changes = Array.from({ length: count }, (_, n) => ({
          path: `${path}${n}`,
          insertions: 1,
          deletions: 0,
        }));
        const stat = { files: changes, files_changed: count, insertions: count, deletions: 0 };
        const message = `${names}\n\n${body}`;
        const event = commitEvent({ ...COMMIT, message, subject: names, body, stat }, { repo: "r" });
        expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(MAX_LINE_BYTES - 1_500);
        const { metadata } = event;
        const whole =
          metadata.commit_message === message && metadata.changed_files?.length === count && keys <= 101;
        expect(metadata.truncated ?? false).toBe(!whole);
        expect(metadata.changed_files_total).toBe(whole ? undefined : count);
        expect(metadata.files_changed).toBe(count);
        expect(message.startsWith(metadata.commit_message)).toBe(true);
        expect(metadata.commit_message.isWellFormed()).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it("leaves the time out where git has none", () => {
    expect(commitEvent(COMMIT, { repo: "r" })).not.toHaveProperty("timestamp");
  });
});

const SAMPLE = join(import.meta.dirname, "../../../shared/samples/git/apache-zookeeper.fast-import.gz");

describe.skipIf(!existsSync(SAMPLE))(`the ZooKeeper history (skipped without ${SAMPLE})`, () => {
  it("imports 2,715 commits into 2,237 issue streams and the global one, within the time allowed", async () => {
    using repo = new TestRepository("--bare");
    repo.gitWith(gunzipSync(readFileSync(SAMPLE)), "fast-import", "--quiet", "--done");
    const rules = { projects: ["ZOOKEEPER"] };
    const events = await importAll(repo.path, rules);
    const streams = new Set(events.map((event) => event.issue_key));
    expect(events).toHaveLength(2_715);
    expect(streams.delete(undefined)).toBe(true);
    expect(streams.size).toBe(2_237);
    const subjects = events.map((event) => event.metadata.commit_message.split("\n\n")[0]!);
    const bySubject = subjects.map((subject) => extractIssueKeys({ subject }, rules)[0]);
    expect(new Set(bySubject.filter((key) => key !== undefined)).size).toBe(2_232);
    expect(new Set(events.map((event) => event.idempotency_key)).size).toBe(2_715);
    expect(JSON.stringify(events.map((event) => event.actor))).not.toContain("@");

    const bare_ms = await fastest(async () => bareImport(repo, events));
    const import_ms = await fastest(async () => void (await importAll(repo.path, rules)));
    expect(import_ms).toBeLessThan(3 * bare_ms);
  });
});

/** The yardstick: `git log --numstat`, and the same lines written and synced with nothing around it. */
function bareImport(repo: TestRepository, events: readonly CommitEvent[]): void {
  spawnSync("git", ["-C", repo.path, "log", "--numstat"], { env: testEnvironment(), maxBuffer: 1e9 });
  const fd = openSync(join(repo.folder, "lines.jsonl"), "w");
  writeSync(fd, events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  fsyncSync(fd);
  closeSync(fd);
}

async function fastest(run: () => Promise<void>): Promise<number> {
  let best = Infinity;
  for (let n = 0; n < 3; n += 1) {
    const began = performance.now();
    await run();
    best = Math.min(best, performance.now() - began);
  }
  return best;
}
