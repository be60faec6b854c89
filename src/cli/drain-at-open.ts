import { hasSpooled } from "../capture/spool-files.ts";
import { EsoError } from "../errors.ts";
import type { Context } from "./context.ts";

/**
 * Takes what hooks have written before a command looks at the record. Costs one look at a folder when there is
 * nothing. A spool that cannot be drained now, because the store is locked or may only be read, waits for the next
 * command: nobody's question fails because of it. Returns why it waits.
 *
 * @example
 * const waits = await drainAtOpen(context);
 * if (waits !== undefined) await err.line(`note: hooks wait in the spool: ${waits.message}`);
 */
export async function drainAtOpen(context: Context): Promise<EsoError | undefined> {
  const path = await context.storePath();
  if (!hasSpooled(path)) return undefined;
  try {
    const [{ drainHooks }, { config }] = await Promise.all([
      import("./session-capture.ts"),
      context.config(),
    ]);
    // Without the defaults of the caller's environment: a hook without an issue belongs to none.
    await using store = await context.plain({ create: false });
    await drainHooks(store, { path, config, folders: [context.cwd] });
    return undefined;
  } catch (error) {
    if (error instanceof EsoError) return error;
    throw error;
  }
}
