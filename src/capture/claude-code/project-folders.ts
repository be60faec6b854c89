import { readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { errorCode } from "../error-code.ts";
import { findGitDir, mainWorktree, textOf } from "../git-dir.ts";

/** The folder name that Claude Code makes of a project's path. */
export function projectFolder(path: string): string {
  return path.replaceAll(/[^A-Za-z0-9]/g, "-");
}

/**
 * Which folders of `~/.claude/projects` belong to the project around a folder: its main worktree, every linked
 * one, and folders below them.
 *
 * @example
 * const isOurs = projectFolders("/home/me/shop");
 * isOurs("-home-me-shop-api"); // true
 */
export function projectFolders(cwd: string): (folder: string) => boolean {
  const roots = [resolve(cwd), mainWorktree(cwd), ...linkedWorktrees(cwd)].filter(
    (root) => root !== undefined,
  );
  const names = [...new Set(roots.map(projectFolder))];
  return (folder) => names.some((name) => folder === name || folder.startsWith(`${name}-`));
}

function linkedWorktrees(cwd: string): string[] {
  const found = findGitDir(cwd);
  if (found === undefined) return [];
  const folder = join(found.commonDir, "worktrees");
  return namesIn(folder)
    .map((name) => textOf(join(folder, name, "gitdir"))?.trim())
    .filter((path) => path !== undefined)
    .map((path) => dirname(path));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}
