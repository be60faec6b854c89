import { hash } from "node:crypto";

/**
 * Names of facts that every sighting of them can tell: the same fact seen by hook, transcript, git and webhook
 * has the same key and so is one event.
 */
export const naturalKey = {
  commit: (sha: string): string => `commit:${sha.toLowerCase()}`,
  pullRequest: (repo: string, number: number, what: string): string =>
    `pr:${repo.toLowerCase()}:${number}:${what}`,
  comment: (host: string, id: string): string => `jira:${host}:comment:${id}`,
  worklog: (host: string, id: string): string => `jira:${host}:worklog:${id}`,
  page: (host: string, id: string): string => `confluence:${host}:page:${id}`,
  run: (issue: string, session: string, prompt: string): string => `cc:${session}:${prompt}:run:${issue}`,
  step: (session: string, prompt: string, what: string): string => `cc:${session}:${prompt}:${what}`,
  agent: (session: string, agent: string, what: "spawned" | "ended"): string =>
    `cc:${session}:agent:${agent}:${what}`,
  call: (call: string, what: string): string => `cc:${call}:${what}`,
};

/**
 * The id of the event that stands for a fact, made from its key: causes can be named before, and by whoever does
 * not know, whether the fact was recorded.
 */
export function idOfKey(key: string): string {
  const hex = hash("sha256", `eso/claude-code\n${key}`);
  const variant = "89ab"[Number.parseInt(hex[16] ?? "0", 16) & 3];
  // UUID version 8: made by a rule of our own.
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
