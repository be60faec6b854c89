import { existsSync } from "node:fs";
import { resolve } from "node:path";

import { findSessions } from "../../capture/claude-code/find-sessions.ts";
import { endedSessions, forgetEnded, spoolPlaces } from "../../capture/spool-files.ts";
import { NotFoundError } from "../../errors.ts";
import { printCapture } from "../capture-report.ts";
import type { Call } from "../command.ts";
import type { ExitCode } from "../exit-codes.ts";
import { drainHooks } from "../session-capture.ts";
import { importSessions } from "../session-import.ts";

/** `eso reconcile`: completes what hooks saw of a session by what its transcript tells. */
export async function reconcile(call: Call): Promise<ExitCode> {
  const { given, context } = call;
  const named = given.positionals.map((place) => resolve(context.cwd, place));
  const missing = named.find((place) => !existsSync(place));
  if (missing !== undefined)
    throw new NotFoundError("ESO_NOT_FOUND", `there is no transcript ${missing}`, {
      details: { what: missing },
    });
  await using store = await context.plain();
  const path = await context.storePath();
  const { config } = await context.config();
  const { hooks, quarantined } = await drainHooks(store, { path, config, folders: [context.cwd] });
  const places = spoolPlaces(path);
  const waiting = named.length > 0 ? [] : endedSessions(places);
  const files = [...named, ...waiting.map(({ transcript }) => transcript).filter((one) => existsSync(one))];
  const over = new Set(waiting.map(({ session }) => session));
  const found = await importSessions(
    call,
    files.flatMap((one) => findSessions(one)),
    {
      store,
      ended: (session) => given.flag("ended") || over.has(session),
    },
  );
  // Only now: whoever is killed before does it again.
  for (const one of waiting) forgetEnded(places, one);
  return printCapture(call, { ...found, hooks, quarantined, dryRun: false });
}
