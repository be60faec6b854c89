import { closeSync, type Dirent, openSync, readdirSync, readSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** A transcript of a subagent. */
export interface AgentFile {
  readonly id: string;
  readonly path: string;
  /** `agent-<id>.meta.json`, where there is one. */
  readonly meta?: string;
}

/** The files that tell of one session. */
export interface SessionFiles {
  readonly session: string;
  readonly path: string;
  readonly agents: readonly AgentFile[];
  readonly bytes: number;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const MAX_DEPTH = 6;

/**
 * The sessions below a folder, or the one of a file: `<session>.jsonl`, and what subagents wrote in
 * `<session>/subagents/agent-<id>.jsonl` or, earlier, beside it. Links are not followed.
 *
 * @param wanted whether to look into a folder right below, by its name.
 */
export function findSessions(
  place: string,
  wanted: (folder: string) => boolean = () => true,
): SessionFiles[] {
  if (statSync(place).isFile()) return [filesOf(place, [])];
  return readdirSync(place, { withFileTypes: true })
    .sort(byName)
    .flatMap((entry) => {
      if (entry.isDirectory()) return wanted(entry.name) ? below(join(place, entry.name), 1) : [];
      return [];
    })
    .concat(sessionsIn(place));
}

function below(folder: string, depth: number): SessionFiles[] {
  const folders = entriesOf(folder).filter((entry) => entry.isDirectory() && entry.name !== "subagents");
  const deeper = depth < MAX_DEPTH ? folders.flatMap(({ name }) => below(join(folder, name), depth + 1)) : [];
  return [...sessionsIn(folder), ...deeper];
}

function sessionsIn(folder: string): SessionFiles[] {
  const names = entriesOf(folder)
    .filter((entry) => entry.isFile() && entry.name.endsWith(".jsonl"))
    .map(({ name }) => name);
  const beside = names.filter((name) => name.startsWith("agent-")).map((name) => join(folder, name));
  return names
    .filter((name) => !name.startsWith("agent-"))
    .map((name) => filesOf(join(folder, name), beside));
}

function filesOf(path: string, beside: readonly string[]): SessionFiles {
  const session = sessionOf(path);
  const folder = join(dirname(path), basename(path, ".jsonl"), "subagents");
  const inside = entriesOf(folder)
    .filter((entry) => entry.isFile() && /^agent-.+\.jsonl$/.test(entry.name))
    .map(({ name }) => join(folder, name));
  const agents = [...inside, ...beside.filter((one) => sessionOf(one) === session)].map(agentFile);
  const bytes = [path, ...agents.map((agent) => agent.path)].reduce((sum, one) => sum + sizeOf(one), 0);
  return { session, path, agents, bytes };
}

function agentFile(path: string): AgentFile {
  const id = basename(path, ".jsonl").slice("agent-".length);
  const meta = path.replace(/\.jsonl$/, ".meta.json");
  return statSync(meta, { throwIfNoEntry: false })?.isFile() === true ? { id, path, meta } : { id, path };
}

/** Files are named by their session; where they are not, their entries name it. */
function sessionOf(path: string): string {
  const name = basename(path, ".jsonl");
  if (UUID.test(name)) return name;
  return /"sessionId":"([^"\\]{1,128})"/.exec(head(path))?.[1] ?? name.slice(0, 128);
}

const HEAD_BYTES = 65_536;

function head(path: string): string {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(HEAD_BYTES);
    return bytes.toString("utf8", 0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function entriesOf(folder: string): Dirent[] {
  const isThere = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  return isThere ? readdirSync(folder, { withFileTypes: true }).sort(byName) : [];
}

function byName(one: Dirent, other: Dirent): number {
  return one.name < other.name ? -1 : 1;
}
