import { fileArchive } from "../../engines/files/file-archive.ts";
import type { FilePlace } from "../../log/archive-shelf.ts";
import { listArchive, type ListedFile } from "../../store/archive/list-archive.ts";
import { byteSize } from "../byte-size.ts";
import type { Style } from "../colour.ts";
import type { Call } from "../command.ts";
import type { Output } from "../output.ts";
import { grouped } from "../progress.ts";
import { type Cell, printTable } from "../table.ts";

const COLUMNS = [
  { title: "Day" },
  { title: "Issue" },
  { title: "Where" },
  { title: "Size", right: true },
  { title: "Archived", right: true },
  { title: "Hold" },
] as const;

const PLACES: Readonly<Record<FilePlace, readonly [text: string, style: Style]>> = {
  live: ["in its place", "quiet"],
  archived: ["archive", "success"],
  both: ["both, being moved", "warning"],
  pruned: ["pruned", "warning"],
  missing: ["missing", "failure"],
};

/** `eso archive list`: where each closed day's file lies. */
export async function archiveList({ given, context, out, err }: Call): Promise<void> {
  const store = await context.reading();
  const parts = {
    shelf: fileArchive(await context.storePath()),
    queryEvents: store.queryEvents.bind(store),
  };
  const all = await listArchive(parts, { issue: given.text("issue") });
  const files = given.flag("archived") ? all.filter(({ place }) => place !== "live") : all;
  if (given.flag("json")) return out.json({ schema: "eso.archive-list/1", files });
  if (files.length > 0)
    await printTable(
      out,
      COLUMNS,
      files.map((file) => rowOf(out, file)),
    );
  if (!out.terminal) return;
  if (files.length === 0)
    return err.line("No day is closed yet; a day is closed by the first command after it.");
  const small = files.reduce((sum, { archive_bytes }) => sum + (archive_bytes ?? 0), 0);
  const archived = files.filter(({ place }) => place === "archived").length;
  await err.line(
    `${grouped(files.length)} ${files.length === 1 ? "file" : "files"} of closed days, ${grouped(archived)} of them archived in ${byteSize(small)}`,
  );
}

function rowOf(out: Output, file: ListedFile): readonly Cell[] {
  const size = (bytes: number | undefined): string | number =>
    bytes === undefined ? "-" : out.terminal ? byteSize(bytes) : bytes;
  const [text, style] = PLACES[file.place];
  return [
    file.day,
    { text: file.stream, style: "key" },
    out.terminal ? { text, style } : file.place,
    size(file.bytes),
    size(file.archive_bytes),
    file.held ? { text: "held", style: "warning" } : "",
  ];
}
