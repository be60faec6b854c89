import { realpath } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import process from "node:process";

import { errorCode } from "../../capture/error-code.ts";
import { NotFoundError } from "../../errors.ts";
import { exportLines } from "../../store/export-events.ts";
import type { Call } from "../command.ts";
import { filterOf, noteUnknownTypes } from "../filter.ts";
import { grouped, Progress } from "../progress.ts";
import { replaceFile } from "../replace-file.ts";
import { escapedJson } from "../text.ts";
import { UsageError } from "../usage-error.ts";

/** `eso export`: stored lines, byte for byte. */
export async function exportEvents(call: Call): Promise<void> {
  const { given, context, out, err, signal } = call;
  checkFormat(given.argument("format"));
  const output = given.text("output");
  const file =
    output === undefined || output === "-"
      ? undefined
      : await targetOf(resolve(context.cwd, output), await context.storePath());
  if (given.flag("json") && file === undefined) {
    throw new UsageError(
      "--json is the report about a file",
      "Name the file: -o FILE. The lines themselves are JSON already.",
    );
  }
  const order = given.choice("order", ["asc", "desc"]);
  const limit = given.count("limit");
  const filter = {
    ...filterOf(given, Date.now()),
    ...(order === undefined ? {} : { order }),
    ...(limit === undefined ? {} : { limit }),
  };
  const lines = exportLines(await context.reading(), filter, signal);
  if (file === undefined) {
    for await (const { bytes } of lines) {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
      await out.raw(`${out.terminal ? escapedJson(text) : text}\n`);
    }
    return;
  }
  const events = await toFile(file, lines);
  if (events === 0) await noteUnknownTypes(given, err);
  if (given.flag("json")) await out.json({ schema: "eso.export/1", path: file, events });
  else await err.line(`${grouped(events)} ${events === 1 ? "event" : "events"} in ${output ?? ""}`);
}

const LINE_END = Buffer.from("\n");

async function toFile(path: string, lines: AsyncIterable<{ readonly bytes: Uint8Array }>): Promise<number> {
  using progress = new Progress(process.stderr, { label: "exporting", unit: "events" });
  let events = 0;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for await (const { bytes } of lines) {
      yield bytes;
      yield LINE_END;
      events++;
      progress.add(1);
    }
  }
  await replaceFile(path, pieces());
  return events;
}

function checkFormat(format: string | undefined): void {
  if (format === undefined || format === "jsonl") return;
  throw new UsageError(
    `eso export knows no format "${format}"`,
    "It gives jsonl; eso audit makes html, csv and md.",
  );
}

/** The real path of the file; never one of the store's own. */
async function targetOf(path: string, store: string): Promise<string> {
  const folder = await realFolder(dirname(path));
  const base = await realpath(store).catch(() => store);
  const inside = relative(base, join(folder, basename(path)));
  const isInStore =
    inside !== "" && !inside.startsWith("..") && resolve(base, inside) === join(folder, basename(path));
  if (isInStore && inside.split(sep)[0] !== "reports") {
    throw new UsageError(
      `${path} lies inside the store`,
      "Exports could replace the store's own files: choose another folder.",
    );
  }
  return join(folder, basename(path));
}

async function realFolder(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
    throw new NotFoundError("ESO_NOT_FOUND", `there is no folder ${folder}`, {
      details: { what: folder },
      cause: error,
    });
  }
}
