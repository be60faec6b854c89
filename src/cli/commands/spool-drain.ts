import type { Call } from "../command.ts";
import { drainHooks } from "../session-capture.ts";

/** `eso spool drain`: makes events of what hooks have written. */
export async function spoolDrain({ given, context, out }: Call): Promise<void> {
  await using store = await context.plain();
  const { config } = await context.config();
  const report = await drainHooks(store, {
    path: await context.storePath(),
    config,
    folders: [context.cwd],
  });
  const { busy, hooks, events, quarantined } = report;
  if (given.flag("json")) await out.json({ schema: "eso.spool-drain/1", busy, hooks, events, quarantined });
  else
    await out.line(
      busy
        ? "another process is draining the spool"
        : `${hooks} hooks, ${events} events, ${quarantined} in quarantine`,
    );
}
