// What spool.sh does, for Windows, where there may be no POSIX shell. Slower: it starts Node.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";

const read = (path) => readFileSync(path, "utf8");

/** The main worktree and the branch of the repository around a folder. */
function repositoryAt(folder) {
  for (let dir = resolve(folder); ; dir = dirname(dir)) {
    const git = join(dir, ".git");
    if (existsSync(git)) {
      const inside = statSync(git).isDirectory() ? git : resolve(dir, read(git).replace(/^gitdir: /, "").trim());
      const [, main = dir] = /^(.*)[\\/]\.git[\\/]worktrees[\\/]/.exec(inside) ?? [];
      const [, branch = ""] = /^ref: refs\/heads\/(.*)$/m.exec(read(join(inside, "HEAD"))) ?? [];
      return { main, branch };
    }
    if (dir === dirname(dir)) return { main: folder, branch: "" };
  }
}

function configuredStore(folder) {
  for (let dir = resolve(folder); ; dir = dirname(dir)) {
    const file = join(dir, "config", "event-sourcing.yaml");
    const [, path] = existsSync(file) ? (/^\s*base_path:\s*["']?([^"'#\n]+?)["']?\s*(?:#.*)?$/m.exec(read(file)) ?? []) : [];
    if (path !== undefined && path !== "null") return isAbsolute(path) ? path : join(dir, path);
    if (dir === dirname(dir)) return undefined;
  }
}

try {
  const folder = process.env.CLAUDE_PROJECT_DIR || process.cwd();
  const { main, branch } = repositoryAt(folder);
  const store = process.env.ESO_STORE || configuredStore(folder) || join(main, "sessions", "events");
  if (existsSync(join(store, ".store"))) {
    const spool = join(store, ".store", "spool");
    mkdirSync(spool, { recursive: true, mode: 0o700 });
    const name = join(spool, `cc-${process.pid}-${process.hrtime.bigint()}`);
    writeFileSync(`${name}.tmp`, `eso-hook/1 ${branch}\n${readFileSync(0, "utf8")}`, { mode: 0o600, flag: "wx" });
    renameSync(`${name}.tmp`, `${name}.hook`);
    if (process.argv.includes("--ended")) {
      const env = { ...process.env, ESO_STORE: store };
      const shell = process.platform === "win32";
      spawn("eso", ["reconcile"], { detached: true, stdio: "ignore", env, shell }).on("error", () => {}).unref();
    }
  }
} catch {
  // The user's work goes on whatever happens here.
}
