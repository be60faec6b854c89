import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ConfigError, NotFoundError } from "../errors.ts";
import { GitLogParser, LOG_FORMAT, type RawCommit } from "./git-log-parser.ts";
import { type GitCommit, type GitLogOptions, listCommits, readGitLog } from "./git-log.ts";
import { TestRepository, testEnvironment } from "./test-repository.ts";

async function read(path: string, options?: GitLogOptions): Promise<GitCommit[]> {
  const commits: GitCommit[] = [];
  for await (const commit of readGitLog(path, options)) commits.push(commit);
  return commits;
}

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("readGitLog", () => {
  it("reads every kind of commit, parents first", async () => {
    using repo = new TestRepository();
    repo.write("a", "1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    const root = repo.commit("root\n\nbody\n\nRefs: PROJ-1");
    repo.git("mv", "a", "b");
    repo.commit("renamed");
    const empty = repo.commit("");
    repo.write("bin", Buffer.from([0, 1, 2, 255]));
    repo.write('t\tn\nq"\u0001é', "x");
    writeFileSync(Buffer.concat([Buffer.from(`${repo.path}/caf`), Buffer.from([0xe9])]), "x");
    repo.commit("odd names");
    repo.git("checkout", "-q", "-b", "side", empty);
    repo.write("s", "s\n");
    repo.commit("side");
    repo.git("checkout", "-q", "main");
    repo.git("merge", "-q", "--no-ff", "-m", "Merge branch 'side'", "side");
    const log = await read(repo.path);
    const by = Object.fromEntries(log.map((commit) => [commit.subject, commit]));
    expect(log[0]).toMatchObject({
      sha: root,
      parents: [],
      author_name: "Ada Lovelace",
      author_email: "ada@example.org",
      committed_at: "2026-07-01T12:00:00.000Z",
      subject: "root",
      body: "body\n\nRefs: PROJ-1",
      trailers: [{ name: "Refs", value: "PROJ-1" }],
      stat: {
        files: [{ path: "a", insertions: 9, deletions: 0 }],
        files_changed: 1,
        insertions: 9,
        deletions: 0,
      },
    });
    expect(by["renamed"]?.stat?.files).toEqual([
      { path: "b", previous_path: "a", insertions: 0, deletions: 0 },
    ]);
    expect(by[""]?.stat).toEqual({ files: [], files_changed: 0, insertions: 0, deletions: 0 });
    expect(by["odd names"]?.stat?.files).toEqual([
      { path: "bin", insertions: null, deletions: null },
      { path: '"caf\\351"', insertions: 1, deletions: 0 },
      { path: 't\tn\nq"\u0001é', insertions: 1, deletions: 0 },
    ]);
    expect(log.at(-1)?.parents).toHaveLength(2);
    expect(log.at(-1)?.stat).toBeUndefined();
    expect(await listCommits(repo.path)).toEqual(log.map((commit) => commit.sha));
    const seen = new Set<string>();
    for (const { sha, parents } of log) {
      expect(parents.every((parent) => seen.has(parent))).toBe(true);
      seen.add(sha);
    }
  });

  it("reads ranges, chosen commits, subfolders and bare repositories", async () => {
    using repo = new TestRepository();
    const shas = [1, 2, 3].map((n) => repo.commit(`c${n}`));
    mkdirSync(join(repo.path, "sub"));
    const subjects = async (options: GitLogOptions): Promise<string[]> =>
      (await read(join(repo.path, "sub"), options)).map((commit) => commit.subject);
    expect(await subjects({ revisions: ["HEAD~1..HEAD"] })).toEqual(["c3"]);
    expect(await subjects({ revisions: ["main", "^HEAD~2"] })).toEqual(["c2", "c3"]);
    expect(await subjects({ commits: [shas[2]!, shas[0]!] })).toEqual(["c3", "c1"]);
    const bare = join(repo.folder, "bare.git");
    execFileSync("git", ["clone", "-q", "--bare", repo.path, bare], { env: testEnvironment() });
    expect(await read(bare)).toEqual(await read(repo.path));
  });

  it("leaves stash and notes out", async () => {
    using repo = new TestRepository();
    repo.write("a", "1");
    repo.commit("one");
    repo.git("notes", "add", "-m", "a note");
    repo.write("a", "2");
    repo.git("stash", "-q");
    expect((await read(repo.path)).map((commit) => commit.subject)).toEqual(["one"]);
  });

  it("does not count a shallow clone's edge as if all files were new", async () => {
    using repo = new TestRepository();
    for (const n of [1, 2, 3]) {
      repo.write(`f${n}`, "x\n");
      repo.commit(`c${n}`);
    }
    const clone = join(repo.folder, "clone");
    execFileSync("git", ["clone", "-q", "--depth", "2", `file://${repo.path}`, clone], {
      env: testEnvironment(),
    });
    const log = await read(clone);
    expect(log.map((commit) => [commit.subject, commit.stat?.files_changed])).toEqual([
      ["c2", undefined],
      ["c3", 1],
    ]);
  });

  it("takes an empty repository for an empty history", async () => {
    using repo = new TestRepository();
    expect(await read(repo.path)).toEqual([]);
    expect(await listCommits(repo.path)).toEqual([]);
  });

  it("survives broken commits: bad dates, no names, control characters, NUL, Latin-1", async () => {
    using repo = new TestRepository();
    const tree = repo.git("write-tree");
    const store = (author: string, committer: string, message: string | Buffer): string => {
      const head = Buffer.from(`tree ${tree}\nauthor ${author}\ncommitter ${committer}\n\n`);
      const object = Buffer.concat([head, Buffer.from(message)]);
      const sha = repo.gitWith(object, "hash-object", "-t", "commit", "-w", "--literally", "--stdin");
      repo.git("update-ref", `refs/heads/${sha}`, sha);
      return sha;
    };
    const ada = "Ada <ada@example.org>";
    const dates = ["99999999999999999999 +0000", "253402300800 +0000", "-5 +0000", "abc", ""];
    const broken = dates.map((date) => store(`${ada} 1700000000 +0100`, `${ada} ${date}`, date));
    const nameless = store("", `${ada} 1 +0000`, "a\u0001b\u001b[31m\u0000hidden");
    const latin = store(`${ada} 2 +0000`, `${ada} 2 +0000`, Buffer.from("caf\xe9", "latin1"));
    const timeless = store(ada, ada, "timeless");
    const bySha = new Map((await read(repo.path)).map((commit) => [commit.sha, commit]));
    for (const sha of broken) expect(bySha.get(sha)?.committed_at).toBe("2023-11-14T22:13:20.000Z");
    expect(bySha.get(nameless)).toMatchObject({ author_name: "", message: "a\u0001b\u001b[31m" });
    expect(bySha.get(latin)?.message).toBe("caf\uFFFD");
    expect(bySha.get(timeless)?.committed_at).toBeUndefined();
  });

  it("reads the same whatever the settings and the environment say, and runs nothing", async () => {
    using repo = new TestRepository();
    repo.write("a.txt", "1\n2\n3\n4\n5\n");
    repo.commit("one");
    repo.git("mv", "a.txt", "b.txt");
    repo.write("c.txt", "c\n");
    repo.commit("two");
    const unset = await read(repo.path);
    const mark = join(repo.folder, "ran");
    const script = join(repo.folder, "evil.sh");
    writeFileSync(script, `#!/bin/sh\ntouch ${mark}\n`);
    chmodSync(script, 0o755);
    writeFileSync(join(repo.path, ".git/info/attributes"), "*.txt diff=evil\n");
    const settings = `diff.external=${script} diff.evil.textconv=${script} diff.evil.command=${script} core.pager=${script}
      log.showSignature=true gpg.program=${script} core.fsmonitor=${script} diff.renames=false log.showRoot=false
      color.ui=always format.pretty=oneline log.date=relative diff.relative=true core.quotePath=true log.decorate=full
      diff.orderFile=${script} i18n.logOutputEncoding=latin1 log.diffMerges=m`;
    for (const setting of settings.split(/\s+/)) repo.git("config", ...setting.split(/=(.*)/).slice(0, 2));
    vi.stubEnv("GIT_DIR", "/nowhere");
    vi.stubEnv("GIT_PAGER", script);
    vi.stubEnv("GIT_EXTERNAL_DIFF", script);
    vi.stubEnv("GIT_CONFIG_COUNT", "broken");
    expect(await read(repo.path)).toEqual(unset);
    expect(() => rmSync(mark)).toThrow("ENOENT");
  });

  it("ends with a clear error when git cannot read", async () => {
    using repo = new TestRepository();
    repo.commit("one");
    const notFound = { code: "ESO_NOT_FOUND" };
    await expect(read(repo.folder)).rejects.toMatchObject(notFound);
    await expect(read(join(repo.folder, "nowhere"))).rejects.toBeInstanceOf(NotFoundError);
    await expect(read(repo.path, { revisions: ["nope"] })).rejects.toMatchObject(notFound);
    await expect(read(repo.path, { revisions: ["--output=x"] })).rejects.toMatchObject(notFound);
    repo.write(".git/config", "[core\n");
    await expect(read(repo.path)).rejects.toBeInstanceOf(ConfigError);
    vi.stubEnv("PATH", repo.folder);
    await expect(read(repo.path)).rejects.toThrow("git cannot be run");
  });

  it("ends on an aborted signal, and when the reader leaves", async () => {
    using repo = new TestRepository();
    const stream = Array.from({ length: 3_000 }, (_, n) => {
      const person = `committer A <a@b> ${n} +0000`;
      return `commit refs/heads/main\n${person}\ndata 3\nmsg\nM 644 inline f${n}\ndata 2000\n${"x".repeat(2_000)}\n`;
    });
    repo.gitWith(stream.join(""), "fast-import", "--quiet");
    for await (const commit of readGitLog(repo.path)) {
      expect(commit.message).toBe("msg");
      break;
    }
    const controller = new AbortController();
    const reason = new Error("enough");
    const reading = (async () => {
      for await (const _ of readGitLog(repo.path, { signal: controller.signal })) controller.abort(reason);
    })();
    await expect(reading).rejects.toBe(reason);
    await expect(read(repo.path, { signal: controller.signal })).rejects.toBe(reason);
  });
});

describe("GitLogParser", () => {
  it("reads any file name, wherever the output is cut", () => {
    using repo = new TestRepository("--bare");
    const byte = fc.integer({ min: 1, max: 255 }).filter((value) => value !== 0x2f);
    const name = fc
      .oneof(fc.uint8Array({ minLength: 1, maxLength: 30 }), fc.array(byte, { minLength: 1, maxLength: 8 }))
      .map((bytes) => Buffer.from(bytes.filter((value) => value !== 0 && value !== 0x2f)))
      .filter((bytes) => bytes.length > 0 && !/^\.(?:\.?|git)$/i.test(bytes.toString("latin1")));
    const names = fc.uniqueArray(name, {
      minLength: 1,
      maxLength: 12,
      selector: (bytes) => bytes.toString("hex"),
    });
    let run = 0;
    fc.assert(
      fc.property(
        names,
        fc.integer({ min: 1, max: 40 }),
        fc.string({ unit: "binary" }),
        (files, size, text) => {
          const ref = `refs/heads/r${(run += 1)}`;
          const message = Buffer.from(text.replaceAll("\0", ""));
          const lines = files.map((file) => `M 644 inline ${quote(file)}\ndata 2\nx\n`).join("");
          const head = Buffer.from(`commit ${ref}\ncommitter A <a@b> 1 +0000\ndata ${message.length}\n`);
          repo.gitWith(Buffer.concat([head, message, Buffer.from(`\n${lines}`)]), "fast-import", "--quiet");
          const args = ["-C", repo.path, "log", "-z", "--numstat", `--format=${LOG_FORMAT}`, ref];
          const output = execFileSync("git", args, { env: testEnvironment() });
          const pieces = Array.from({ length: Math.ceil(output.length / size) }, (_, n) =>
            output.subarray(n * size, (n + 1) * size),
          );
          const [commit, ...others] = parse(pieces);
          expect(others).toEqual([]);
          expect(parse([output])).toEqual([commit]);
          expect(commit?.fields[6]?.trimEnd()).toBe(message.toString().trimEnd());
          const paths = commit?.stat.files.map((file) => file.path).toSorted();
          expect(paths).toEqual(files.map((file) => shown(file)).toSorted());
          expect(commit?.stat).toMatchObject({ files_changed: files.length, insertions: files.length });
        },
      ),
      { numRuns: 40 },
    );
  });

  it("keeps memory bounded: long messages are cut, files counted on", () => {
    const fields = ["a".repeat(40), "", "A", "a@b", "1", "1", "m".repeat(3_000_000)];
    const files = Array.from({ length: 20_000 }, (_, n) => `1\t0\tf${n}\0`).join("");
    const [commit] = parse([Buffer.from(`\u0001${fields.join("\0")}\0\n${files}`)]);
    expect(commit?.fields[6]).toHaveLength(1_048_576);
    expect(commit?.stat.files).toHaveLength(16_384);
    expect(commit?.stat).toMatchObject({ files_changed: 20_000, insertions: 20_000 });
  });

  it("drops a commit that is cut off and refuses what is no numstat", () => {
    expect(parse([Buffer.from("\u0001aaaa\0bbb\0")])).toEqual([]);
    expect(() => parse([Buffer.from("warning: hello\0")])).toThrow(ConfigError);
  });
});

function shown(name: Buffer): string {
  const text = name.toString();
  if (Buffer.from(text).equals(name)) return text;
  const parts = Array.from(name, (b) =>
    plain(b) ? String.fromCharCode(b) : `\\${b.toString(8).padStart(3, "0")}`,
  );
  return `"${parts.join("")}"`;
}

function parse(chunks: Iterable<Buffer>): RawCommit[] {
  const parser = new GitLogParser();
  return [...[...chunks].flatMap((chunk) => parser.push(chunk)), ...parser.finish()];
}

function quote(bytes: Buffer): string {
  return `"${Array.from(bytes, (value) => `\\${value.toString(8).padStart(3, "0")}`).join("")}"`;
}

function plain(byte: number): boolean {
  return byte >= 32 && byte < 127 && byte !== 34 && byte !== 92;
}
