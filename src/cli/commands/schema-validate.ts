import { randomUUID } from "node:crypto";
import { join } from "node:path";

import { type ExportedEvent, toInput } from "../../capture/jsonl.ts";
import { EsoError, ValidationError, type ValidationIssue } from "../../errors.ts";
import { createCodec, type EventCodec } from "../../event/codec.ts";
import { isObject } from "../../event/envelope-rules.ts";
import { isStoreEventType } from "../../event/registry.ts";
import { parseStrictJson } from "../../event/strict-json.ts";
import type { ImportEntry } from "../../store/import-events.ts";
import type { Call } from "../command.ts";
import type { Context } from "../context.ts";
import { type ExitCode, exitCodeOf } from "../exit-codes.ts";
import { grouped } from "../progress.ts";
import { readText } from "../read-input.ts";
import { safe } from "../text.ts";
import { entriesOf, sourceOf } from "./import-jsonl.ts";

interface Fault {
  readonly where: string;
  readonly code: EsoError["code"];
  readonly message: string;
  readonly hint?: string;
  readonly issues: readonly ValidationIssue[];
}

const FAULTS_MAX = 1_000;

/** `eso schema validate`: checks events without recording them. */
export async function schemaValidate({ given, context, out, err, signal }: Call): Promise<ExitCode> {
  const codec = await codecOf(context);
  const faults: Fault[] = [];
  let [events, invalid] = [0, 0];
  for await (const entry of eventsOf(given.required("file"), context.cwd, signal)) {
    events++;
    const error = errorOf(entry, codec);
    if (error !== undefined && invalid++ < FAULTS_MAX) faults.push(faultOf(entry.where, error));
  }
  if (given.flag("json")) await out.json({ schema: "eso.validate/1", events, invalid, faults });
  else
    await out.line(
      `${grouped(events)} ${events === 1 ? "event" : "events"}, ${invalid === 0 ? "all valid" : `${grouped(invalid)} invalid`}`,
    );
  for (const { where, message, hint } of faults) {
    await err.line(safe`${err.paint("failure", where)}: ${message}`);
    if (hint !== undefined) await err.line(safe`  ${err.paint("quiet", "do")}   ${hint}`);
  }
  return faults[0] === undefined ? 0 : exitCodeOf(faults[0].code);
}

async function codecOf(context: Context): Promise<EventCodec> {
  const { config } = await context.config();
  return createCodec({
    phases: config.phases,
    issueKeyPattern: config.issue_key.pattern,
    defaultSessionId: randomUUID(),
    customTypes: join(await context.storePath(), "schemas", "custom"),
  });
}

async function* eventsOf(file: string, cwd: string, signal: AbortSignal): AsyncGenerator<ImportEntry> {
  const source = sourceOf(file, cwd);
  if (typeof source.from === "string" && file.endsWith(".json"))
    yield documentEntry(file, await readText(source.from));
  else for await (const chunk of entriesOf(source, { signal })) yield* chunk;
}

/** A file that holds one event, on as many lines as it likes. */
function documentEntry(where: string, text: string): ImportEntry {
  try {
    const event = parseStrictJson(text);
    if (isObject(event)) return { where, input: toInput(event as unknown as ExportedEvent) };
    const issues = [{ path: "$", message: "must be an object" }];
    return {
      where,
      error: new ValidationError("ESO_INVALID_EVENT", "$ must be an object", { details: { issues } }),
    };
  } catch (error) {
    if (error instanceof EsoError) return { where, error };
    throw error;
  }
}

function errorOf(entry: ImportEntry, codec: EventCodec): EsoError | undefined {
  if ("error" in entry) return entry.error;
  try {
    codec.prepare(entry.input, { internal: isStoreEventType(entry.input.event_type) });
    return undefined;
  } catch (error) {
    if (error instanceof ValidationError) return error;
    throw error;
  }
}

function faultOf(where: string, error: EsoError): Fault {
  const issues = error instanceof ValidationError ? error.issues : [];
  const { code, message, hint } = error;
  return { where, code, message, ...(hint === undefined ? {} : { hint }), issues };
}
