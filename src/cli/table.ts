import type { Style } from "./colour.ts";
import type { Output } from "./output.ts";
import { columnsOf, cut, escaped, joined, padded, SafeText, safe } from "./text.ts";

/** A column of a table. */
export interface Column {
  readonly title: string;
  /** Numbers stand at the right. */
  readonly right?: boolean;
}

/** A cell; its text is escaped, then styled. */
export type Cell = string | number | { readonly text: string; readonly style: Style };

const GAP = "  ";
const LAST_COLUMNS_MIN = 10;

/**
 * Prints a table: on a terminal aligned, with a heading, the last column cut to what is left of the line;
 * elsewhere rows of tab-separated cells, in full and without a heading, for other programs.
 */
export async function printTable(
  out: Output,
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
): Promise<void> {
  if (!out.terminal) return out.lines(rows.map((row) => joined(row.map(textOf), "\t")));
  const widths = columns.map(({ title }, at) =>
    Math.max(columnsOf(title), ...rows.map((row) => columnsOf(shown(row, at)))),
  );
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + GAP.length, 0);
  widths[widths.length - 1] = Math.max(LAST_COLUMNS_MIN, Math.min(widths.at(-1) ?? 0, out.columns - before));
  await out.line(
    out.paint(
      "quiet",
      columns
        .map((column, at) => fitted(column.title, column, widths[at]!))
        .join(GAP)
        .trimEnd(),
    ),
  );
  for (const row of rows) {
    const cells = columns.map((column, at) =>
      styled(out, row[at] ?? "", fitted(shown(row, at), column, widths[at]!)),
    );
    await out.line(trimmed(joined(cells, GAP)));
  }
}

function textOf(cell: Cell): string {
  return typeof cell === "object" ? cell.text : String(cell);
}

function shown(row: readonly Cell[], at: number): string {
  return escaped(textOf(row[at] ?? ""));
}

function fitted(text: string, { right }: Column, width: number): string {
  return padded(cut(text, width), width, right === true ? "left" : "right");
}

function styled(out: Output, cell: Cell, text: string): SafeText {
  return typeof cell === "object" ? out.paint(cell.style, text) : safe`${text}`;
}

function trimmed(text: SafeText): SafeText {
  return new SafeText(text.text.trimEnd());
}
