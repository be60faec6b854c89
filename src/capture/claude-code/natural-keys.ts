import { hash } from "node:crypto";

import { naturalKey as shared } from "../natural-keys.ts";

/** Keys of facts that only Claude Code tells of, besides those that others tell of too. */
export const naturalKey = {
  ...shared,
  /** The orchestrations of an issue that a session started, and the stretches of its work on one, are numbered. */
  orchestration: (session: string, issue: string, n: number): string => `cc:${session}:run:${issue}:${n}`,
  segment: (session: string, issue: string, n: number): string => `cc:${session}:work:${issue}:${n}`,
  step: (session: string, prompt: string, what: string): string => `cc:${session}:${prompt}:${what}`,
  agent: (session: string, agent: string, what: "spawned" | "ended"): string =>
    `cc:${session}:agent:${agent}:${what}`,
  call: (call: string, what: string): string => `cc:${call}:${what}`,
} as const;

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
