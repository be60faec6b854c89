import { open } from "node:fs/promises";
import process from "node:process";

import { errorCode } from "../capture/error-code.ts";
import { ConfigError, NotFoundError } from "../errors.ts";
import { UsageError } from "./usage-error.ts";

/** Far above any event. */
export const TEXT_BYTES_MAX = 1_048_576;

/**
 * The whole of a small text, from a file or, for `-`, from standard input.
 * @throws NotFoundError when there is no such file, UsageError when it is too long or no UTF-8.
 */
export async function readText(name: string): Promise<string> {
  const bytes = await readBytes(name, TEXT_BYTES_MAX);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(`${titleOf(name)} is not UTF-8 text`);
    throw error;
  }
}

/** The bytes of a file or, for `-`, of standard input; `limit` of them at most. */
export async function readBytes(name: string, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of name === "-" ? standardInput() : fileChunks(name)) {
    size += chunk.length;
    if (size > limit) throw new UsageError(`${titleOf(name)} is longer than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What errors call a source. */
export function titleOf(name: string): string {
  return name === "-" ? "standard input" : name;
}

/** Standard input, piece by piece. */
export function standardInput(): AsyncIterable<Buffer> {
  return process.stdin;
}

async function* fileChunks(path: string): AsyncGenerator<Buffer> {
  try {
    await using file = await open(path, "r");
    const chunks: AsyncIterable<Buffer> = file.createReadStream({ autoClose: false });
    yield* chunks;
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw new NotFoundError("ESO_NOT_FOUND", `there is no file ${path}`, {
        details: { what: path },
        cause: error,
      });
    }
    if (code === undefined) throw error;
    const reason = code === "EISDIR" ? "it is a folder" : String(error);
    throw new ConfigError("ESO_INVALID_CONFIG", `${path} cannot be read: ${reason}`, {
      details: { path },
      cause: error,
    });
  }
}
