import { mkdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";

import { NotFoundError } from "../errors.ts";
import type { Call } from "./command.ts";
import { replaceFile } from "./replace-file.ts";
import { UsageError } from "./usage-error.ts";

/** Where a report goes. */
export type Target =
  | { readonly kind: "output" }
  /** Under the name that the report gives itself. */
  | { readonly kind: "reports"; readonly folder: string }
  | { readonly kind: "file"; readonly path: string };

/** Where `-o` says, else the store's reports folder. */
export async function targetOf({ given, context }: Call): Promise<Target> {
  const output = given.text("output");
  if (output === "-") return { kind: "output" };
  const store = await context.storePath();
  if (output === undefined) return { kind: "reports", folder: join(store, "reports") };
  const path = resolve(context.cwd, output);
  if (await isFolder(path)) return { kind: "reports", folder: await outside(path, store, true) };
  return { kind: "file", path: await outside(path, store, false) };
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}

/** The real path; never one of the store's own, since a report could replace them. */
async function outside(path: string, store: string, isFolder: boolean): Promise<string> {
  const folder = await realpath(isFolder ? path : dirname(path)).catch(() => undefined);
  if (folder === undefined)
    throw new NotFoundError("ESO_NOT_FOUND", `there is no folder ${dirname(path)}`, {
      details: { what: dirname(path) },
    });
  const real = isFolder ? folder : join(folder, basename(path));
  const inside = relative(await realpath(store).catch(() => store), real);
  const isInStore = inside === "" || (!inside.startsWith("..") && resolve(store, inside) !== inside);
  if (!isInStore || inside.split(sep)[0] === "reports") return real;
  throw new UsageError(
    `${path} lies inside the store`,
    "Leave -o out for the store's reports folder, or choose another.",
  );
}

/** Where a report of this name lies. */
export function pathFor(target: Target, name: string): string | null {
  if (target.kind === "output") return null;
  return target.kind === "file" ? target.path : join(target.folder, name);
}

/** Writes a report as a whole, so that only its owner can read it. */
export async function writeReport(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await replaceFile(path, pieces);
}
