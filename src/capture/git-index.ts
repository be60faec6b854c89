import { hash } from "node:crypto";

/** A file as git's index knows it. */
export interface IndexEntry {
  /** Its bytes as Latin-1, one character a byte. */
  readonly path: string;
  readonly mode: number;
  readonly size: number;
  readonly modified_ms: number;
  /** 20 bytes, a view into the index. */
  readonly oid: Buffer;
  /** Git was told not to look at the file: `assume-unchanged` or `skip-worktree`. */
  readonly unwatched: boolean;
}

/** An index that one tree can hold. */
export interface GitIndex {
  readonly entries: readonly IndexEntry[];
}

const HEADER_BYTES = 12;
const FIXED_BYTES = 62;
const OID_AT = 40;
const FLAGS_AT = 60;
const TREE_MODE = 0o040000;

/**
 * The entries of an index file. `"unwritable"` when it holds conflicts or files that are only intended to be
 * added, so that no commit can equal it; nothing when it has more than `maxEntries` entries or is of a kind
 * (split, sparse) that is not read here.
 */
export function parseIndex(bytes: Buffer, maxEntries: number): GitIndex | "unwritable" | undefined {
  if (bytes.length < HEADER_BYTES || bytes.toString("latin1", 0, 4) !== "DIRC") return undefined;
  const version = bytes.readUInt32BE(4);
  const count = bytes.readUInt32BE(8);
  if (version < 2 || version > 4 || count > maxEntries) return undefined;
  const entries: IndexEntry[] = [];
  let at = HEADER_BYTES;
  let path = "";
  for (let n = 0; n < count; n += 1) {
    const flags = bytes.readUInt16BE(at + FLAGS_AT);
    const wide = (flags & 0x4000) !== 0;
    const extended = wide ? bytes.readUInt16BE(at + FIXED_BYTES) : 0;
    if ((flags & 0x3000) !== 0 || (extended & 0x2000) !== 0) return "unwritable";
    const name = entryName(bytes, { at, version, wide, previous: path });
    path = name.path;
    const entry = toEntry(bytes, at, {
      path,
      unwatched: (flags & 0x8000) !== 0 || (extended & 0x4000) !== 0,
    });
    if (entry.mode === TREE_MODE) return undefined;
    entries.push(entry);
    at = name.next;
  }
  // A split index keeps most of its entries elsewhere.
  return bytes.toString("latin1", at, at + 4) === "link" ? undefined : { entries };
}

interface NamePlace {
  readonly at: number;
  readonly version: number;
  readonly wide: boolean;
  readonly previous: string;
}

function entryName(bytes: Buffer, place: NamePlace): { path: string; next: number } {
  let start = place.at + FIXED_BYTES + (place.wide ? 2 : 0);
  let prefix = "";
  if (place.version === 4) {
    const strip = varint(bytes, start);
    start = strip.next;
    prefix = place.previous.slice(0, place.previous.length - strip.value);
  }
  const end = bytes.indexOf(0, start);
  const path = prefix + bytes.toString("latin1", start, end);
  const padded = place.at + (((end - place.at) >> 3) + 1) * 8;
  return { path, next: place.version === 4 ? end + 1 : padded };
}

function varint(bytes: Buffer, at: number): { value: number; next: number } {
  let next = at;
  let byte = bytes.readUInt8(next++);
  let value = byte & 0x7f;
  while ((byte & 0x80) !== 0) {
    byte = bytes.readUInt8(next++);
    value = ((value + 1) << 7) | (byte & 0x7f);
  }
  return { value, next };
}

function toEntry(bytes: Buffer, at: number, name: Pick<IndexEntry, "path" | "unwatched">): IndexEntry {
  return {
    ...name,
    mode: bytes.readUInt32BE(at + 24),
    size: bytes.readUInt32BE(at + 36),
    modified_ms: bytes.readUInt32BE(at + 8) * 1_000 + bytes.readUInt32BE(at + 12) / 1e6,
    oid: bytes.subarray(at + OID_AT, at + FLAGS_AT),
  };
}

/** The id of the tree that a commit of these entries would have: what is staged, in one number. */
export function treeId(entries: readonly IndexEntry[]): string {
  return writeTree(entries, { start: 0, end: entries.length, depth: 0 }).toString("hex");
}

interface Slice {
  readonly start: number;
  readonly end: number;
  /** Length of the folder's path, its last slash included. */
  readonly depth: number;
}

/** The index is sorted as trees are once folders end in a slash, so each folder is one run of entries. */
function writeTree(entries: readonly IndexEntry[], slice: Slice): Buffer {
  const parts: Buffer[] = [];
  for (let at = slice.start; at < slice.end;) {
    const entry = entries[at]!;
    const slash = entry.path.indexOf("/", slice.depth);
    const name = entry.path.slice(slice.depth, slash === -1 ? undefined : slash);
    let end = at + 1;
    if (slash === -1) parts.push(Buffer.from(`${entry.mode.toString(8)} ${name}\0`, "latin1"), entry.oid);
    else {
      const folder = entry.path.slice(0, slash + 1);
      while (end < slice.end && entries[end]!.path.startsWith(folder)) end += 1;
      const oid = writeTree(entries, { start: at, end, depth: slash + 1 });
      parts.push(Buffer.from(`40000 ${name}\0`, "latin1"), oid);
    }
    at = end;
  }
  return objectId("tree", Buffer.concat(parts));
}

/** The id under which git keeps an object. */
export function objectId(kind: "tree" | "blob", body: Buffer): Buffer {
  const header = Buffer.from(`${kind} ${body.length}\0`, "latin1");
  return hash("sha1", Buffer.concat([header, body]), "buffer");
}
