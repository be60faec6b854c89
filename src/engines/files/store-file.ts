import { randomUUID } from "node:crypto";

import { ConfigError } from "../../errors.ts";
import type { Disk } from "./disk.ts";
import { FORMAT_VERSION, type Layout } from "./layout.ts";
import { readWhole, writeAtomic } from "./write-atomic.ts";

/** `.store/store.json`: what makes this folder this store. */
export interface StoreFile {
  readonly store_id: string;
  /** The store's name in seals. */
  readonly origin: string;
  /** Changes when the store is copied or restored; cursors of another incarnation are invalid. */
  readonly incarnation: string;
  readonly format_version: number;
  readonly created_at: string;
}

/** @throws ConfigError when the store was written by a newer version, or the file is damaged. */
export function readStoreFile(disk: Disk, layout: Layout): StoreFile | undefined {
  const bytes = readWhole(disk, layout.storeFile);
  if (bytes === undefined) return undefined;
  const store = parse(bytes.toString(), layout.storeFile);
  if (store.format_version > FORMAT_VERSION) {
    throw new ConfigError(
      "ESO_FORMAT_TOO_NEW",
      `${layout.base} has format ${store.format_version}; this version reads up to ${FORMAT_VERSION}`,
      {
        hint: "Install the newest event-sourcing-orchestrator (npm i -g event-sourcing-orchestrator@latest); nothing was changed.",
        details: { path: layout.storeFile },
      },
    );
  }
  return store;
}

function parse(text: string, path: string): StoreFile {
  try {
    const store = JSON.parse(text) as Partial<StoreFile>;
    const { store_id, incarnation, format_version, created_at, origin } = store;
    if (
      typeof store_id === "string" &&
      typeof incarnation === "string" &&
      typeof created_at === "string" &&
      Number.isSafeInteger(format_version)
    ) {
      return {
        store_id,
        origin: origin ?? store_id,
        incarnation,
        format_version: format_version as number,
        created_at,
      };
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new ConfigError("ESO_INVALID_CONFIG", `${path} is damaged: it does not say which store this is`, {
    hint: "Bring .store/store.json back from a backup; the events in the day folders are untouched.",
    details: { path },
  });
}

/** Makes the identity of a new store. */
export function newStoreFile(now: number, storeId: string = randomUUID()): StoreFile {
  return {
    store_id: storeId,
    origin: `eso.local/${storeId}`,
    incarnation: randomUUID(),
    format_version: FORMAT_VERSION,
    created_at: new Date(now).toISOString(),
  };
}

export function writeStoreFile(disk: Disk, layout: Layout, store: StoreFile): void {
  writeAtomic(disk, layout.storeFile, `${JSON.stringify(store, undefined, 2)}\n`);
}
