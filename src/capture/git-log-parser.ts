import { ConfigError } from "../errors.ts";

/** One file of a commit. Binary files have no line counts. */
export interface FileChange {
  /** As git stores it; a name that is not UTF-8 is C-quoted, as git shows it. */
  readonly path: string;
  readonly previous_path?: string;
  readonly insertions: number | null;
  readonly deletions: number | null;
}

/** What a commit changed. `files` ends after 16,384 entries, the numbers count all of them. */
export interface CommitStat {
  readonly files: readonly FileChange[];
  readonly files_changed: number;
  readonly insertions: number;
  readonly deletions: number;
}

/** A commit as `git log` prints it, fields in the order of `LOG_FORMAT`. */
export interface RawCommit {
  readonly fields: readonly string[];
  readonly stat: CommitStat;
}

const FIELDS = ["%H", "%P", "%an", "%ae", "%ct", "%at", "%B"] as const;

/** For `git log -z`: a mark, then fields that end in NUL, which no name and no message can contain. */
export const LOG_FORMAT = `%x01${FIELDS.join("%x00")}`;

const RECORD_MARK = 0x01;
const LINE_FEED = 0x0a;
const MAX_FILES = 16_384;
/** Longer messages and names are cut here, so that one commit cannot take all memory. */
const MAX_TOKEN = 1_048_576;
const STAT = /^(\d+|-)\t(\d+|-)\t/;

interface OpenCommit {
  fields: string[];
  files: FileChange[];
  files_changed: number;
  insertions: number;
  deletions: number;
}

/** Takes the output of `git log -z --numstat` in pieces and gives back commits as they become complete. */
export class GitLogParser {
  readonly #done: RawCommit[] = [];
  #open: OpenCommit | undefined;
  #pieces: Buffer[] = [];
  #size = 0;
  #rename: { counts: [string, string]; previous?: string } | undefined;

  /** The commits that this piece completed. */
  push(chunk: Buffer): RawCommit[] {
    let start = 0;
    for (let end = chunk.indexOf(0); end !== -1; end = chunk.indexOf(0, start)) {
      this.#keep(chunk.subarray(start, end));
      this.#token(this.#take());
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return this.#done.splice(0);
  }

  /** The last commit. Output that stops in the middle of one is dropped: git's exit code tells why. */
  finish(): RawCommit[] {
    this.#close();
    return this.#done.splice(0);
  }

  #keep(piece: Buffer): void {
    const room = MAX_TOKEN - this.#size;
    if (piece.length === 0 || room <= 0) return;
    this.#pieces.push(piece.subarray(0, room));
    this.#size += Math.min(piece.length, room);
  }

  #take(): Buffer {
    const token = this.#pieces.length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#size = 0;
    return token ?? Buffer.alloc(0);
  }

  #token(token: Buffer): void {
    const open = this.#open;
    if (open !== undefined && open.fields.length < FIELDS.length) open.fields.push(token.toString());
    else if (open !== undefined && this.#rename !== undefined) this.#renamed(open, token);
    else if (token[0] === RECORD_MARK) this.#begin(token);
    else if (token.length > 0) this.#file(open, token[0] === LINE_FEED ? token.subarray(1) : token);
  }

  #begin(token: Buffer): void {
    this.#close();
    const sha = token.toString("latin1", 1);
    this.#open = { fields: [sha], files: [], files_changed: 0, insertions: 0, deletions: 0 };
  }

  #file(open: OpenCommit | undefined, token: Buffer): void {
    const [counted, insertions, deletions] = STAT.exec(token.toString("latin1", 0, 64)) ?? [];
    if (open === undefined || counted === undefined || insertions === undefined || deletions === undefined) {
      const shown = JSON.stringify(token.toString("latin1", 0, 64));
      throw new ConfigError("ESO_INVALID_CONFIG", `git log printed what is not understood: ${shown}`);
    }
    const path = token.subarray(counted.length);
    if (path.length > 0) count(open, { path: pathText(path), ...lines(insertions, deletions) });
    else this.#rename = { counts: [insertions, deletions] };
  }

  #renamed(open: OpenCommit, token: Buffer): void {
    const rename = this.#rename;
    if (rename === undefined) return;
    if (rename.previous === undefined) {
      rename.previous = pathText(token);
      return;
    }
    count(open, { path: pathText(token), previous_path: rename.previous, ...lines(...rename.counts) });
    this.#rename = undefined;
  }

  #close(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined || open.fields.length < FIELDS.length) return;
    const { fields, ...stat } = open;
    this.#done.push({ fields, stat });
  }
}

function lines(insertions: string, deletions: string): Pick<FileChange, "insertions" | "deletions"> {
  return { insertions: lineCount(insertions), deletions: lineCount(deletions) };
}

function lineCount(text: string): number | null {
  return text === "-" ? null : Number(text);
}

function count(open: OpenCommit, change: FileChange): void {
  open.files_changed += 1;
  open.insertions += change.insertions ?? 0;
  open.deletions += change.deletions ?? 0;
  if (open.files.length < MAX_FILES) open.files.push(change);
}

/** JSON holds only Unicode: other names are written with octal escapes, which loses nothing. */
function pathText(bytes: Buffer): string {
  const text = bytes.toString();
  if (!text.includes("\uFFFD") || Buffer.from(text).equals(bytes)) return text;
  return `"${Array.from(bytes, quoted).join("")}"`;
}

function quoted(byte: number): string {
  const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
  return plain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, "0")}`;
}
