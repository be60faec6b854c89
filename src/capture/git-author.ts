import type { Actor } from "../event/envelope.ts";
import { coAuthors } from "./commit-message.ts";

/** Someone whom a commit names. The address only serves to tell people from machines. */
export interface GitPerson {
  readonly name: string;
  readonly email: string;
}

/** Addresses that coding agents commit under; a person's name next to one of them does not count. */
const AGENT_EMAILS = new Set([
  "noreply@anthropic.com",
  "noreply@openai.com",
  "cursoragent@cursor.com",
  "openhands@all-hands.dev",
  "amp@ampcode.com",
  "noreply@aider.chat",
  "aider@aider.chat",
  "noreply@opencode.ai",
  "crush@charm.land",
]);

/** GitHub logins of coding agents, without `[bot]`. */
const AGENT_LOGINS = new Set([
  "claude",
  "copilot",
  "copilot-swe-agent",
  "chatgpt-codex-connector",
  "cursor",
  "devin-ai-integration",
  "factory-droid",
  "gemini-code-assist",
  "google-labs-jules",
  "openhands-ai",
  "sweep-ai",
]);

const GITHUB_NOREPLY = /^(?:\d+\+)?([^@+]+)@users\.noreply\.github\.com$/;
const BOT = /^(.*)\[bot\]$/;
const MAX_NAME = 128;

/**
 * The actor of a commit: its author. `agent` and `system` only where the author's own identity says so (an
 * agent's address, a `[bot]` login); a person with an agent as co-author stays a `user`.
 */
export function authorActor(author: GitPerson): Actor {
  return { type: kindOf(author), id: displayName(author) };
}

/** The agent that wrote the commit or a part of it: the author itself, else the first agent co-author. */
export function agentAuthor(author: GitPerson, message: string): string | undefined {
  const agent = [author, ...coAuthors(message)].find((person) => kindOf(person) === "agent");
  return agent && displayName(agent);
}

function kindOf(person: GitPerson): Actor["type"] {
  const email = person.email.trim().toLowerCase();
  if (AGENT_EMAILS.has(email) || person.name.endsWith(" (aider)")) return "agent";
  const login = GITHUB_NOREPLY.exec(email)?.[1];
  const bot = BOT.exec(login ?? "")?.[1] ?? BOT.exec(person.name.trim().toLowerCase())?.[1];
  // A bare login such as `claude` may be a person's first name; only Copilot's accounts go without `[bot]`.
  if (bot === undefined) return login === "copilot" ? "agent" : "user";
  return AGENT_LOGINS.has(bot) ? "agent" : "system";
}

/** The name without any address; git lets people use their address as their name. */
function displayName({ name, email }: GitPerson): string {
  const shown = name
    .slice(0, 2 * MAX_NAME)
    .replaceAll(/\s*<?\b[^\s<>@]+@[^\s<>@]+>?/g, "")
    .trim();
  const local = (name.includes("@") ? name : email).trim().split("@")[0];
  return (shown || local || "unknown").slice(0, MAX_NAME).toWellFormed();
}
