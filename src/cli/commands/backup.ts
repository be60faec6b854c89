import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";

import { packBackup } from "../../engines/files/backup-tar.ts";
import { fileArchive } from "../../engines/files/file-archive.ts";
import { fileBackup } from "../../engines/files/file-backup.ts";
import type { Actor } from "../../event/envelope.ts";
import type { BackupMade } from "../../log/backup-shelf.ts";
import type { EventLog } from "../../log/event-log.ts";
import { backUp } from "../../store/backup/back-up.ts";
import { byteSize } from "../byte-size.ts";
import type { Call } from "../command.ts";
import { grouped } from "../progress.ts";
import { safe } from "../text.ts";
import { UsageError } from "../usage-error.ts";
import { actorOf } from "./event-options.ts";

/** `eso backup <folder|file>`: copies the store while others go on writing. */
export async function backup(call: Call): Promise<void> {
  const { given, context, out } = call;
  const target = resolve(context.cwd, given.required("target"));
  const path = await context.storePath();
  const inside = relative(path, target);
  if (!inside.startsWith("..") && resolve(path, inside) === target)
    throw new UsageError(
      "a backup inside the store would be lost with it",
      "Give a place outside, on another disk.",
    );
  const made = target.endsWith(".tar")
    ? await intoFile(call, path, target)
    : await intoFolder(call, path, { target });
  const { name, manifest, copied_bytes, manifest_sha256 } = made;
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  const { last_position, files, created_at } = manifest;
  if (given.flag("json")) {
    const facts = { target, name, created_at, last_position, files: files.length, bytes };
    return out.json({ schema: "eso.backup-made/1", ...facts, copied_bytes, manifest_sha256 });
  }
  await out.line(
    safe`${out.paint("key", name)}  ${grouped(last_position)} events in ${grouped(files.length)} files, ${byteSize(bytes)}`,
  );
  if (!target.endsWith(".tar"))
    await out.line(
      safe`${out.paint("quiet", `${byteSize(copied_bytes)} of them were not in ${target} before`)}`,
    );
}

interface Place {
  readonly target: string;
  /** Its name in the log; default the target's. */
  readonly label?: string;
}

async function intoFolder(
  call: Call,
  path: string,
  { target, label = basename(target) }: Place,
): Promise<BackupMade> {
  const { context, err, given } = call;
  const store = await context.reading();
  using progress = err.progress({ label: "backing up", unit: "files" });
  const log = store.log as EventLog;
  return await backUp(
    {
      shelf: fileBackup(path, target),
      archive: fileArchive(path),
      log,
      append: (request) => log.append(request),
      clock: Date.now,
      session: context.session ?? randomUUID(),
      actor: actorOf(given) as Actor,
    },
    { label, onFile: () => progress.add(1) },
  );
}

/** A folder first, since the sizes in a tar file come before the contents; the same disk, so that it fits. */
async function intoFile(call: Call, path: string, target: string): Promise<BackupMade> {
  const folder = mkdtempSync(join(dirname(target), ".eso-backup-"));
  try {
    const made = await intoFolder(call, path, { target: folder, label: basename(target) });
    packBackup(folder, target);
    return made;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
