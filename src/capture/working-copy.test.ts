import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TestRepository, testEnvironment } from "./test-repository.ts";
import { mainWorktree, workingCopy } from "./working-copy.ts";

function git(dir: string, ...args: string[]): string {
  return execFileSync("git", ["-C", dir, ...args], { env: testEnvironment(), stdio: "pipe" })
    .toString()
    .trim();
}

describe("workingCopy", () => {
  it("reads commit and branch, loose and packed, from any folder, also detached", () => {
    using repo = new TestRepository();
    repo.write("a", "a");
    const one = repo.commit("one");
    mkdirSync(join(repo.path, "sub/deep"), { recursive: true });
    repo.git("checkout", "-q", "-b", "feature/proj-1-x");
    const clean = { git_sha: one, branch: "feature/proj-1-x", codebase_state: { dirty: false } };
    expect(workingCopy(join(repo.path, "sub/deep"))).toEqual(clean);
    repo.git("pack-refs", "--all", "--prune");
    repo.git("gc", "-q");
    expect(workingCopy(repo.path)).toEqual(clean);
    expect(workingCopy(repo.path, 0)).toEqual({ git_sha: one, branch: "feature/proj-1-x" });
    repo.git("checkout", "-q", "--detach");
    expect(workingCopy(repo.path)).toEqual({ git_sha: one, codebase_state: { dirty: false } });
  });

  it("knows unborn branches, bare repositories and folders without one", () => {
    using repo = new TestRepository();
    expect(workingCopy(repo.path)).toEqual({ branch: "main" });
    using bare = new TestRepository("--bare");
    const tree = bare.git("mktree");
    bare.git("update-ref", "refs/heads/main", bare.git("commit-tree", tree, "-m", "x"));
    expect(workingCopy(bare.path)).toEqual({ git_sha: bare.git("rev-parse", "main"), branch: "main" });
    expect(mainWorktree(bare.path)).toBeUndefined();
    const outside = mkdtempSync(join(tmpdir(), "eso-no-git-"));
    expect([workingCopy(outside), mainWorktree(outside)]).toEqual([{}, undefined]);
    rmSync(outside, { recursive: true });
  });

  it("reads linked worktrees and leads to the main one", () => {
    using repo = new TestRepository();
    repo.write("a", "a");
    repo.commit("one");
    const linked = join(repo.folder, "linked");
    repo.git("worktree", "add", "-q", "-b", "agent/proj-2", linked);
    repo.write("a", "changed");
    expect(workingCopy(linked)).toMatchObject({ branch: "agent/proj-2", codebase_state: { dirty: false } });
    expect(workingCopy(repo.path)).toMatchObject({ branch: "main", codebase_state: { dirty: true } });
    expect([mainWorktree(linked), mainWorktree(repo.path)]).toEqual([repo.path, repo.path]);
    rmSync(join(linked, ".git"));
    expect(mainWorktree(linked)).toBeUndefined();
  });

  it("takes a submodule for its own repository, also from its linked worktree", () => {
    using inner = new TestRepository();
    inner.commit("inner");
    using outer = new TestRepository();
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.path, "mod");
    outer.commit("outer");
    const module = join(outer.path, "mod");
    expect(workingCopy(module)).toMatchObject({ git_sha: inner.git("rev-parse", "HEAD"), branch: "main" });
    expect(mainWorktree(module)).toBe(module);
    git(module, "worktree", "add", "-q", join(outer.folder, "linked"));
    expect(realpathSync(mainWorktree(join(outer.folder, "linked"))!)).toBe(realpathSync(module));
    expect(workingCopy(outer.path)).toMatchObject({ codebase_state: { dirty: false } });
  });

  it("finds no main worktree where a bare repository keeps linked ones", () => {
    using bare = new TestRepository("--bare");
    bare.git("update-ref", "refs/heads/main", bare.git("commit-tree", bare.git("mktree"), "-m", "x"));
    const linked = join(bare.folder, "linked");
    bare.git("worktree", "add", "-q", linked, "main");
    expect(workingCopy(linked)).toMatchObject({ branch: "main" });
    expect(mainWorktree(linked)).toBeUndefined();
  });

  it("reads no refs outside of the repository and survives damage", () => {
    using repo = new TestRepository();
    repo.write("a", "a");
    const sha = repo.commit("one");
    truncateSync(join(repo.path, ".git/index"), 40);
    expect(workingCopy(repo.path)).toEqual({ git_sha: sha, branch: "main" });
    repo.write("../secret", `${sha}\n`);
    repo.write(".git/HEAD", "ref: refs/../../../secret\n");
    expect(workingCopy(repo.path)).toEqual({});
    repo.write(".git/refs/heads/loop", "ref: refs/heads/loop\n");
    repo.write(".git/HEAD", "ref: refs/heads/loop\n");
    expect(workingCopy(repo.path)).toEqual({ branch: "loop" });
  });

  it("needs no git", () => {
    using repo = new TestRepository();
    repo.commit("one");
    const script = `const { workingCopy } = await import(${JSON.stringify(join(import.meta.dirname, "working-copy.ts"))});
      process.stdout.write(workingCopy(process.argv[1]).branch);`;
    const env = { PATH: "/nowhere" };
    const output = execFileSync(process.execPath, ["--input-type=module", "-e", script, repo.path], { env });
    expect(output.toString()).toBe("main");
  });
});

type Step = readonly [run: (repo: TestRepository, name: string, text: string) => void, label: string];

/** What people and agents do to a work tree, each step allowed to fail. */
const STEPS: readonly Step[] = [
  [(repo, name, text) => repo.write(name, text), "write"],
  [(repo, name) => repo.git("add", name), "add"],
  [(repo, _, text) => void repo.commit(text), "commit"],
  [(repo, name) => rmSync(join(repo.path, name), { recursive: true }), "delete"],
  [(repo, name) => repo.git("rm", "-q", "--cached", name), "untrack"],
  [(repo, name) => utimesSync(join(repo.path, name), 1, 1), "touch"],
  [(repo, name) => chmodSync(join(repo.path, name), 0o755), "make executable"],
  [(repo, name) => symlinkSync("target", join(repo.path, name)), "link"],
  [(repo) => repo.git("reset", "-q", "--soft", "HEAD~1"), "soft reset"],
  [(repo) => repo.git("checkout", "-q", "."), "check out"],
  [(repo) => repo.git("update-index", "--index-version", "4"), "index version 4"],
  [(repo, name) => repo.git("add", "-N", name), "intend to add"],
  // Without deltas: a commit kept as one is not read, and nothing is said about it.
  [(repo) => repo.git("repack", "-adfq", "--depth=0"), "pack"],
];

it("agrees with git about whether tracked files differ from HEAD", () => {
  const step = fc.record({
    step: fc.constantFrom(...STEPS),
    name: fc.constantFrom("a", "b", "d/a", "d/b", "d.x", "d-e/é"),
    text: fc.constantFrom("1", "2", "longer"),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
      using repo = new TestRepository();
      for (const folder of ["d", "d-e"]) mkdirSync(join(repo.path, folder));
      for (const name of ["a", "d/a", "d.x", "d-e/é"]) repo.write(name, "1");
      repo.commit("one");
      for (const { step, name, text } of steps) attempt(() => step[0](repo, name, text));
      const told = workingCopy(repo.path).codebase_state?.dirty;
      expect(told).toBe(differs(repo));
    }),
    { numRuns: 60 },
  );
});

function attempt(run: () => void): void {
  try {
    run();
  } catch {
    // The step did not apply to this work tree.
  }
}

function differs(repo: TestRepository): boolean {
  return repo.git("status", "--porcelain", "--untracked-files=no") !== "";
}
