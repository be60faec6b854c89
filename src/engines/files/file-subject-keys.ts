import { createHmac, randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

import type { SubjectKey, SubjectKeys } from "../../personal/subject-keys.ts";
import { systemCode } from "./disk.ts";

const KEY_BYTES = 32;
const PSEUDONYM_DIGITS = 16;
const PSEUDONYM = /^[0-9a-f]{16}$/;

/**
 * People's keys as files of a folder outside of the store, one each, so that destroying one is removing a file. The
 * folder is no part of backups.
 */
export function fileSubjectKeys(folder: string): SubjectKeys {
  const held = new Map<string, Buffer>();
  let secret: Buffer | undefined;
  const pathOf = (pseudonym: string): string => join(folder, `${pseudonym}.key`);
  /** Of the store: without it a pseudonym could be found by trying names. */
  const pseudonymOf = (subject: string): string => {
    secret ??= obtainKey(folder, join(folder, "pseudonyms.secret"));
    const name = subject.normalize("NFC").toLowerCase();
    return createHmac("sha256", secret).update(name).digest("hex").slice(0, PSEUDONYM_DIGITS);
  };
  return {
    pseudonymOf,
    obtain(subject): SubjectKey {
      const pseudonym = pseudonymOf(subject);
      // A file that another process has destroyed is made anew: what was sealed before stays forgotten.
      const key = held.get(pseudonym) ?? obtainKey(folder, pathOf(pseudonym));
      held.set(pseudonym, key);
      return { pseudonym, key };
    },
    find(pseudonym) {
      const path = pathOf(pseudonym);
      // Another process may have destroyed it: what is held here must not outlive the file.
      if (!PSEUDONYM.test(pseudonym) || !isFile(path)) {
        held.delete(pseudonym);
        return undefined;
      }
      const key = held.get(pseudonym) ?? readKey(path);
      if (key !== undefined) held.set(pseudonym, key);
      return key;
    },
    destroy(pseudonym) {
      held.delete(pseudonym);
      const path = pathOf(pseudonym);
      if (!PSEUDONYM.test(pseudonym) || !isFile(path)) return false;
      overwrite(path);
      unlinkSync(path);
      syncFolder(folder);
      return true;
    },
  };
}

/** The bytes of a key file, made when there is none. Of two that make it at once, both get the first one's. */
function obtainKey(folder: string, path: string): Buffer {
  const known = readKey(path);
  if (known !== undefined) return known;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.tmp`;
  const file = openSync(temporary, "w", 0o600);
  try {
    writeSync(file, randomBytes(KEY_BYTES).toString("hex"));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    linkSync(temporary, path);
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
  } finally {
    unlinkSync(temporary);
  }
  syncFolder(folder);
  const key = readKey(path);
  if (key === undefined) throw new Error(`${path} is not a key file`);
  return key;
}

function readKey(path: string): Buffer | undefined {
  if (!isFile(path)) return undefined;
  const bytes = Buffer.from(readFileSync(path, "latin1").trim(), "hex");
  return bytes.length === KEY_BYTES ? bytes : undefined;
}

function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** Best effort: a disk that copies on write keeps the old bytes for a while. */
function overwrite(path: string): void {
  const file = openSync(path, "r+");
  try {
    writeSync(file, "0".repeat(KEY_BYTES * 2), 0);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncFolder(folder: string): void {
  const file = openSync(folder, "r");
  fsyncSync(file);
  closeSync(file);
}
