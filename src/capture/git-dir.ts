import { readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { errorCode } from "./error-code.ts";

/** Where a repository's parts lie. */
export interface GitDir {
  /** Holds `HEAD` and `index` of this worktree. */
  readonly gitDir: string;
  /** Holds objects, refs and settings; differs from `gitDir` in a linked worktree. */
  readonly commonDir: string;
  /** The root of the work tree; absent in a bare repository. */
  readonly worktree?: string;
}

/** Finds the repository around a folder by reading files, as git does but without running it. */
export function findGitDir(dir: string): GitDir | undefined {
  for (let folder = resolve(dir); ; folder = dirname(folder)) {
    const found = gitDirIn(folder);
    if (found !== undefined || folder === dirname(folder)) return found;
  }
}

/**
 * The root folder of the repository's main worktree, also when asked from a linked one: the one place that
 * all agents of a repository share. Absent outside of repositories and where the repository is bare.
 */
export function mainWorktree(dir: string): string | undefined {
  const found = findGitDir(dir);
  if (found === undefined || found.gitDir === found.commonDir) return found?.worktree;
  if (basename(found.commonDir) === ".git") return dirname(found.commonDir);
  const configured = gitSetting(found.commonDir, "core", "worktree");
  return configured === undefined ? undefined : resolve(found.commonDir, configured);
}

/** A setting from the repository's own file; the last one wins, included files are not read. */
export function gitSetting(commonDir: string, section: string, name: string): string | undefined {
  let current = "";
  let value: string | undefined;
  for (const line of textOf(join(commonDir, "config"))?.split("\n") ?? []) {
    const header = /^\s*\[([\w.-]+)(?:\s+"([^"]*)")?\s*\]/.exec(line);
    if (header !== null)
      current = header[1]!.toLowerCase() + (header[2] === undefined ? "" : `.${header[2]}`);
    const entry = current === section ? /^\s*([A-Za-z][\w-]*)\s*=\s*(.*)$/.exec(line) : null;
    if (entry?.[1]?.toLowerCase() === name)
      value = entry[2]!
        .replace(/\s[#;].*$/, "")
        .replaceAll('"', "")
        .trim();
  }
  return value;
}

/** The file's text, or nothing when there is no such file. */
export function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EISDIR"].includes(errorCode(error) ?? "")) return undefined;
    throw error;
  }
}

function gitDirIn(folder: string): GitDir | undefined {
  const dotGit = join(folder, ".git");
  const kind = statSync(dotGit, { throwIfNoEntry: false });
  if (kind?.isDirectory() && isGitDir(dotGit)) return { ...withCommon(dotGit), worktree: folder };
  if (kind?.isFile()) {
    const target = /^gitdir: (.+)/.exec(textOf(dotGit) ?? "")?.[1]?.trimEnd();
    const gitDir = target && resolve(folder, target);
    if (gitDir && isGitDir(gitDir)) return pointedTo(gitDir, folder);
  }
  return isGitDir(folder) && isRepository(folder) ? withCommon(folder) : undefined;
}

/** A `.git` file may also point to a bare repository that keeps linked worktrees beside it. */
function pointedTo(gitDir: string, worktree: string): GitDir {
  const found = withCommon(gitDir);
  const bare = found.commonDir === gitDir && gitSetting(gitDir, "core", "bare") === "true";
  return bare ? found : { ...found, worktree };
}

function withCommon(gitDir: string): GitDir {
  const common = textOf(join(gitDir, "commondir"))?.trim();
  return { gitDir, commonDir: common ? resolve(gitDir, common) : gitDir };
}

function isGitDir(folder: string): boolean {
  return statSync(join(folder, "HEAD"), { throwIfNoEntry: false })?.isFile() ?? false;
}

function isRepository(folder: string): boolean {
  return ["objects", "refs"].every((part) =>
    statSync(join(folder, part), { throwIfNoEntry: false })?.isDirectory(),
  );
}
