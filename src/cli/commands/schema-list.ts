import { EVENT_FAMILIES } from "../../event/registry.ts";
import type { EventTypeDefinition } from "../../event/definition.ts";
import type { Call } from "../command.ts";
import { printTable } from "../table.ts";
import { customTypesOf } from "./custom-types.ts";

interface Row {
  readonly type: string;
  readonly version: string;
  readonly family: string;
  readonly description: string;
}

/** `eso schema list`: the event types that can be logged. */
export async function schemaList({ given, context, out }: Call): Promise<void> {
  const custom = (await customTypesOf(context)).map(({ type, version, description }) => ({
    type,
    version,
    family: "Custom",
    description,
  }));
  const rows = [...builtIn(), ...custom];
  if (given.flag("json")) return out.json({ schema: "eso.schema-list/1", types: rows });
  const columns = [{ title: "type" }, { title: "version" }, { title: "family" }, { title: "description" }];
  await printTable(
    out,
    columns,
    rows.map(({ type, version, family, description }) => [type, version, family, description]),
  );
}

function builtIn(): Row[] {
  return Object.entries(EVENT_FAMILIES).flatMap(([family, types]) =>
    Object.values<EventTypeDefinition>(types).map(({ type, version, description }) => ({
      type,
      version,
      family,
      description,
    })),
  );
}
