import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A real repository in a temporary folder, for tests. */
export class TestRepository implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "eso-git-"));
  readonly path: string;

  constructor(...initArgs: string[]) {
    this.path = join(this.folder, "repo");
    execFileSync("git", ["init", "-q", "-b", "main", ...initArgs, this.path], { env: testEnvironment() });
  }

  /** Runs git in the repository and returns what it printed. */
  git(...args: string[]): string {
    return this.gitWith("", ...args);
  }

  gitWith(input: string | Buffer, ...args: string[]): string {
    const options = {
      input,
      env: testEnvironment(),
      stdio: ["pipe", "pipe", "pipe"] as ["pipe", "pipe", "pipe"],
    };
    return execFileSync("git", ["-C", this.path, ...args], options)
      .toString()
      .trim();
  }

  write(name: string, text: string | Buffer): void {
    writeFileSync(join(this.path, name), text);
  }

  /** Commits everything and returns the commit's id. */
  commit(message: string, ...args: string[]): string {
    this.git("add", "-A");
    this.gitWith(message, "commit", "-q", "--allow-empty", "--allow-empty-message", "-F", "-", ...args);
    return this.git("rev-parse", "HEAD");
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The caller's environment without what would tie git to a user or another repository. */
export function testEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("GIT_"));
  const person = { NAME: "Ada Lovelace", EMAIL: "ada@example.org", DATE: "2026-07-01T12:00:00Z" };
  const git = Object.entries(person).flatMap(([key, value]) => [
    [`GIT_AUTHOR_${key}`, value],
    [`GIT_COMMITTER_${key}`, value],
  ]);
  return {
    ...Object.fromEntries([...kept, ...git]),
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
  };
}
