import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createCodec } from "../../event/codec.ts";
import type { EventInput } from "../../event/envelope.ts";
import { findSessions } from "./find-sessions.ts";
import type { MappingRules } from "./mapping.ts";
import { outlineOf } from "./outline.ts";
import { Runs } from "./runs.ts";
import { sessionEvents, type SessionReading } from "./session-events.ts";

export const RULES: MappingRules = {
  keys: {},
  phases: ["EXPLORE", "PLAN", "CODE", "TEST", "FIX", "DOCUMENT"],
};

export const SESSION = "5c1f0a4e-0000-4000-8000-000000000001";

interface Result {
  readonly error?: boolean;
  readonly response?: unknown;
  readonly agent?: string;
  /** Seconds that it takes. */
  readonly takes?: number;
}

/** A session as it might have gone, written in the form of Claude Code's transcripts. */
export class Script {
  readonly session: string;
  branch: string;
  #now: number;
  #count = 0;
  readonly #files = new Map<string, object[]>([["", []]]);
  readonly #metas = new Map<string, object>();

  constructor({ session = SESSION, branch = "PROJ-1-login", from = "2026-06-01T09:00:00.000Z" } = {}) {
    this.session = session;
    this.branch = branch;
    this.#now = Date.parse(from);
  }

  get now(): string {
    return new Date(this.#now).toISOString();
  }

  wait(seconds: number): this {
    this.#now += seconds * 1_000;
    return this;
  }

  /** Any entry; what every entry has is filled in. */
  entry(fields: object, agent = ""): this {
    const uuid = `00000000-0000-4000-8000-${String(++this.#count).padStart(12, "0")}`;
    const base = {
      uuid,
      timestamp: this.now,
      sessionId: this.session,
      cwd: "/home/me/shop",
      gitBranch: this.branch,
      version: "2.1.330",
      isSidechain: agent !== "",
      ...(agent !== "" && { agentId: agent }),
    };
    const entries = this.#files.get(agent) ?? [];
    entries.push({ ...base, ...fields });
    this.#files.set(agent, entries);
    return this;
  }

  prompt(content: string, id = `prompt-${++this.#count}`): this {
    return this.entry({ type: "user", promptId: id, message: { role: "user", content } });
  }

  command(name: string, args = "", id?: string): this {
    return this.prompt(`<command-name>/${name}</command-name><command-args>${args}</command-args>`, id);
  }

  /** The model speaks, having used so many tokens. */
  say(text: string, { agent = "", output = 10, model = "claude-opus-4-6" } = {}): this {
    return this.#assistant([{ type: "text", text }], { agent, output, model });
  }

  #assistant(content: readonly object[], { agent = "", output = 10, model = "claude-opus-4-6" } = {}): this {
    const usage = {
      input_tokens: 1,
      output_tokens: output,
      cache_creation_input_tokens: 100,
      cache_read_input_tokens: 1_000,
    };
    const message = {
      id: `msg_${this.session.slice(-4)}_${++this.#count}`,
      role: "assistant",
      model,
      content,
      usage,
    };
    return this.entry({ type: "assistant", message }, agent);
  }

  call(name: string, input: object, agent = ""): string {
    const id = `toolu_${this.session.slice(-4)}_${++this.#count}`;
    this.#assistant([{ type: "tool_use", id, name, input }], { agent });
    return id;
  }

  result(call: string, text: string, { error = false, response, agent = "", takes = 2 }: Result = {}): this {
    this.wait(takes);
    const content = [
      { type: "tool_result", tool_use_id: call, content: text, ...(error && { is_error: true }) },
    ];
    return this.entry(
      { type: "user", message: { role: "user", content }, toolUseResult: response ?? text },
      agent,
    );
  }

  bash(command: string, output = "", result: Result = {}): this {
    return this.result(this.call("Bash", { command }, result.agent), output, result);
  }

  /** What an agent file's neighbour says of it. */
  meta(agent: string, meta: object): this {
    this.#metas.set(agent, meta);
    return this;
  }

  /** Writes the files as Claude Code lays them out; the session's own file. */
  write(folder: string): string {
    const path = join(folder, `${this.session}.jsonl`);
    for (const [agent, entries] of this.#files) {
      const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
      if (agent === "") writeFileSync(path, text);
      else {
        mkdirSync(join(folder, this.session, "subagents"), { recursive: true });
        writeFileSync(join(folder, this.session, "subagents", `agent-${agent}.jsonl`), text);
      }
    }
    for (const [agent, meta] of this.#metas)
      writeFileSync(
        join(folder, this.session, "subagents", `agent-${agent}.meta.json`),
        JSON.stringify(meta),
      );
    return path;
  }
}

/** A folder of a test's own. */
export function temporaryFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "eso-session-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** The events of a script, as a reader long after it makes them. */
export async function eventsOf(script: Script, reading: Partial<SessionReading> = {}): Promise<EventInput[]> {
  using folder = temporaryFolder();
  return await eventsIn(script.write(folder.path), reading);
}

/** The events of the sessions at a place. */
export async function eventsIn(place: string, reading: Partial<SessionReading> = {}): Promise<EventInput[]> {
  const events: EventInput[] = [];
  const outlines = await Promise.all(findSessions(place).map((files) => outlineOf(files)));
  const runs = new Runs();
  for (const outline of outlines.sort((one, other) => ((one.first ?? "") < (other.first ?? "") ? -1 : 1)))
    for await (const chunk of sessionEvents(outline, {
      rules: RULES,
      runs,
      stepsOf: () => Promise.resolve([]),
      now: Date.parse("2027-01-01"),
      passedOver: { lines: 0, kinds: new Map() },
      ...reading,
    }))
      events.push(...chunk);
  // The store would refuse what its catalogue does not know.
  const codec = await createCodec({ defaultSessionId: "test" });
  for (const event of events) codec.prepare(event);
  return events;
}

/** The metadata of the events of a type. */
export function metadataOf(events: readonly EventInput[], type: string): Record<string, unknown>[] {
  return events
    .filter(({ event_type }) => event_type === type)
    .map(({ metadata }) => metadata as Record<string, unknown>);
}

/** The types of events, in order, without those of phases. */
export function typesOf(events: readonly EventInput[]): string[] {
  return events.map(({ event_type }) => event_type).filter((type) => !type.startsWith("Phase"));
}
