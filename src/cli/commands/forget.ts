import type { Actor } from "../../event/envelope.ts";
import type { Call } from "../command.ts";
import { safe } from "../text.ts";
import { UsageError } from "../usage-error.ts";
import { actorOf } from "./event-options.ts";

/** `eso forget <subject>`: makes what was recorded of a person unreadable for ever. */
export async function forget({ given, context, out, err }: Call): Promise<void> {
  if (!given.flag("yes"))
    throw new UsageError(
      "a destroyed key cannot be brought back",
      "Add --yes. Copies of the key in backups of the keys' folder must be destroyed too.",
    );
  const store = await context.reading();
  const options = { actor: actorOf(given) as Actor, why: given.text("why") };
  const forgotten = await store.forget(given.required("subject"), options);
  if (given.flag("json")) return out.json({ schema: "eso.forget/1", ...forgotten });
  const { pseudonym, key_destroyed, snapshots_removed, reports_removed } = forgotten;
  await out.line(
    safe`${out.paint("key", pseudonym)}  ${key_destroyed ? "key destroyed" : "there was no key"}, ${snapshots_removed} snapshots and ${reports_removed} reports removed`,
  );
  await out.flush();
  if (!key_destroyed) await err.line("Nothing that is encrypted for this name could be read before either.");
}
