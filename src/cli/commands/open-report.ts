import { spawn } from "node:child_process";
import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import process from "node:process";

import { EsoError, NotFoundError } from "../../errors.ts";
import type { Call } from "../command.ts";
import type { Context } from "../context.ts";

/** `eso open [report]`: shows a report with the platform's opener. */
export async function openReport({ given, context, out }: Call): Promise<void> {
  const path = await reportPath(given.argument("report"), context);
  await out.line(path);
  if (given.flag("print")) return;
  await out.flush();
  await opened(path);
}

/** A file as it is named, or so named in the store's reports folder; without a name the newest one there. */
async function reportPath(name: string | undefined, context: Context): Promise<string> {
  const reports = join(await context.storePath(), "reports");
  if (name === undefined) return newestIn(reports);
  for (const path of [resolve(context.cwd, name), resolve(reports, name)])
    if (await isFile(path)) return path;
  throw new NotFoundError("ESO_NOT_FOUND", `there is no report ${name}`, {
    hint: "eso audit makes one; eso open without a name opens the newest one.",
    details: { what: name },
  });
}

async function newestIn(folder: string): Promise<string> {
  const names = (await readdir(folder).catch((): string[] => [])).filter((name) =>
    /^audit-.*\.html$/.test(name),
  );
  const times = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })),
  );
  const newest = times.sort((a, b) => a.at - b.at).at(-1);
  if (newest !== undefined) return join(folder, newest.name);
  throw new NotFoundError("ESO_NOT_FOUND", `there are no reports in ${folder}`, {
    hint: "eso audit makes one.",
    details: { what: folder },
  });
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}

/** The path is an argument of its own and absolute, so that no shell and no option parser reads it. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

async function opened(path: string): Promise<void> {
  const [command, ...words] = OPENERS[process.platform] ?? ["xdg-open"];
  const child = spawn(command, [...words, path], { stdio: "ignore" });
  const trouble = await new Promise<string | undefined>((resolve) => {
    child.on("error", () => resolve(`there is no ${command}`));
    child.on("exit", (code) => resolve(code === 0 ? undefined : `${command} ended with ${String(code)}`));
  });
  if (trouble !== undefined)
    throw new EsoError("ESO_NOT_FOUND", `nothing here opens the report: ${trouble}`, {
      hint: `Open this file with a browser: ${path}`,
    });
}
