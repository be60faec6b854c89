import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";

import { ConfigError, NotFoundError } from "../errors.ts";

const OTHERS = 0o077;
const FILE_BYTES_MAX = 65_536;

/**
 * The secrets in a file, one a line; blank lines do not count. The file is read anew when it has changed, so that a
 * secret can be replaced while deliveries come: first both stand in it, then the new one alone.
 *
 * @returns a function that gives the secrets as they stand now; the last good ones while the file cannot be read.
 * @throws NotFoundError, ConfigError when the file cannot be used at first. No message holds a secret.
 */
export function secretFile(path: string, cwd: string): () => readonly string[] {
  const place = resolve(cwd, path);
  let seen = stampOf(place);
  if (seen === undefined)
    throw new NotFoundError("ESO_NOT_FOUND", `there is no file ${path}`, { details: { what: path } });
  let secrets = secretsIn(place, path);
  return () => {
    const now = stampOf(place);
    if (now === undefined || now === seen) return secrets;
    try {
      secrets = secretsIn(place, path);
      seen = now;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
    }
    return secrets;
  };
}

function stampOf(place: string): string | undefined {
  const stat = statSync(place, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.mtimeNs} ${stat.ctimeNs} ${stat.size} ${stat.ino}`;
}

function secretsIn(place: string, path: string): readonly string[] {
  const stat = statSync(place);
  if (!stat.isFile() || stat.size > FILE_BYTES_MAX) throw unusable(path, "it is not a small file");
  if (process.platform !== "win32" && (stat.mode & OTHERS) !== 0)
    throw unusable(path, "other users may read it", `chmod 600 ${path}`);
  const lines = readFileSync(place, "utf8").split("\n");
  const secrets = lines.map((line) => line.trim()).filter((line) => line !== "");
  if (secrets.length === 0)
    throw unusable(path, "there is no secret in it", "Write the secret on a line of its own.");
  return secrets;
}

function unusable(path: string, why: string, hint?: string): ConfigError {
  return new ConfigError("ESO_INVALID_CONFIG", `the secret file ${path} cannot be used: ${why}`, {
    ...(hint === undefined ? {} : { hint }),
    details: { path },
  });
}
