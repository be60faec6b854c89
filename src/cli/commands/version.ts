import process from "node:process";

import type { Call } from "../command.ts";
import { version as packageVersion } from "../version.ts";

/** `eso version`: which eso this is. */
export async function version({ given, out }: Call): Promise<void> {
  const { platform, arch, versions } = process;
  const eso = packageVersion();
  if (given.flag("json"))
    await out.json({ schema: "eso.version/1", version: eso, node: versions.node, platform, arch });
  else await out.line(`eso ${eso}`);
}
