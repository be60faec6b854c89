import { type ExportedEvent, readJsonlEvents, toInput } from "../capture/jsonl.ts";
import { ValidationError } from "../errors.ts";
import type { EventInput } from "../event/envelope.ts";
import { isObject } from "../event/envelope-rules.ts";
import { parseStrictJson } from "../event/strict-json.ts";
import { sourceOf } from "./commands/import-jsonl.ts";

/**
 * The events of a file, or of standard input for `-`, as a caller would give them; what only the store sets is
 * left out.
 * @throws ValidationError naming the line that holds none.
 */
export async function inputsIn(file: string, cwd: string): Promise<readonly EventInput[]> {
  const { name, from } = sourceOf(file, cwd);
  const inputs: EventInput[] = [];
  for await (const { lineNumber, text } of readJsonlEvents(from, { name })) {
    inputs.push(inputOf(text, `${name}:${lineNumber}`));
  }
  return inputs;
}

function inputOf(text: string, where: string): EventInput {
  try {
    const event = parseStrictJson(text);
    if (!isObject(event)) throw notAnEvent(where, "an event is a JSON object");
    // The codec checks what it says.
    return toInput(event as unknown as ExportedEvent);
  } catch (error) {
    if (!(error instanceof ValidationError) || error.message.startsWith(where)) throw error;
    throw notAnEvent(where, error.message);
  }
}

function notAnEvent(where: string, message: string): ValidationError {
  return new ValidationError("ESO_INVALID_EVENT", `${where}: ${message}`, {
    details: { issues: [{ path: "$", message }] },
  });
}
