import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

import { unpackBackup } from "../../engines/files/backup-tar.ts";
import { restoreFiles } from "../../engines/files/file-restore.ts";
import type { Actor } from "../../event/envelope.ts";
import { NotFoundError } from "../../errors.ts";
import type { RestoreMade } from "../../log/backup-shelf.ts";
import type { EventLog } from "../../log/event-log.ts";
import { recordRestore } from "../../store/backup/back-up.ts";
import { byteSize } from "../byte-size.ts";
import type { Call } from "../command.ts";
import { grouped } from "../progress.ts";
import { safe } from "../text.ts";
import { actorOf } from "./event-options.ts";

/** `eso restore <backup>`: makes a store from a backup. */
export async function restore(call: Call): Promise<void> {
  const { given, context, out, err } = call;
  const source = resolve(context.cwd, given.required("backup"));
  const base = await context.storePath();
  const made = restored(call, source, base);
  await using store = await context.plain({ session: context.session, create: false });
  const append = (request: Parameters<EventLog["append"]>[0]) => (store.log as EventLog).append(request);
  const actor = actorOf(given) as Actor;
  await recordRestore({ append, session: context.session ?? randomUUID(), actor }, made, basename(source));
  const { manifest, name, origin, incarnation } = made;
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  const { last_position, files, created_at } = manifest;
  if (given.flag("json")) {
    const facts = { path: base, name, created_at, last_position, files: files.length, bytes };
    return out.json({
      schema: "eso.restore/1",
      ...facts,
      origin,
      previous_origin: manifest.origin,
      incarnation,
    });
  }
  await out.line(
    safe`${out.paint("key", base)}  ${grouped(last_position)} events in ${grouped(files.length)} files, ${byteSize(bytes)}`,
  );
  await err.line(safe`Seals carry the name ${origin} from now on. eso verify checks what was restored.`);
}

function restored(call: Call, source: string, base: string): RestoreMade {
  const { given, err } = call;
  const stat = statSync(source, { throwIfNoEntry: false });
  if (stat === undefined)
    throw new NotFoundError("ESO_NOT_FOUND", `there is nothing at ${source}`, {
      hint: "Give the folder or file that eso backup was given.",
      details: { what: source },
    });
  using progress = err.progress({ label: "restoring", unit: "files" });
  const options = { base, name: given.text("at"), onFile: () => progress.add(1) };
  if (stat.isDirectory()) return restoreFiles({ folder: source, ...options });
  mkdirSync(dirname(base), { recursive: true, mode: 0o700 });
  const folder = mkdtempSync(join(dirname(base), ".eso-restore-"));
  try {
    unpackBackup(source, folder);
    return restoreFiles({ folder, ...options });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
