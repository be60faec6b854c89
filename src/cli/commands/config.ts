import type { ConfigValue } from "../../config/key.ts";
import type { ConfigEntry } from "../../config/list.ts";
import type { Call } from "../command.ts";
import { printTable } from "../table.ts";

/** `eso config list`: every key. */
export async function configList({ given, context, out }: Call): Promise<void> {
  const { listConfig } = await import("../../config/list.ts");
  const loaded = await context.config();
  const keys = listConfig(loaded);
  if (given.flag("json")) {
    return out.json({ schema: "eso.config/1", file: loaded.file ?? null, keys, notes: loaded.notes });
  }
  const columns = [{ title: "key" }, { title: "value" }, { title: "from" }, { title: "takes" }];
  await printTable(out, columns, keys.map(rowOf));
}

function rowOf({ key, value, source, type }: ConfigEntry): string[] {
  return [key, shown(value), source, type];
}

/** `eso config get`: one key's value. */
export async function configGet({ given, context, out }: Call): Promise<void> {
  const { getConfig } = await import("../../config/list.ts");
  const entry = getConfig(await context.config(), given.required("key"));
  if (given.flag("json")) await out.json({ schema: "eso.config-key/1", ...entry });
  else await out.line(shown(entry.value));
}

/** `eso config path`: the configuration file, and on a terminal the store that it leads to. */
export async function configPath({ given, context, out, err }: Call): Promise<void> {
  const { file } = await context.config();
  const store = await context.storePath();
  if (given.flag("json")) return out.json({ schema: "eso.config-path/1", file: file ?? null, store });
  if (file === undefined)
    await err.line("no configuration file; config/event-sourcing.yaml would be found here or above");
  else await out.line(file);
  await err.line(`store: ${store}`);
}

function shown(value: ConfigValue): string {
  if (value === null) return "";
  return typeof value === "object" ? value.join(" ") : String(value);
}
