import type { Call } from "../command.ts";
import { COMPLETION_SCRIPTS } from "../completion-scripts.ts";
import { UsageError } from "../usage-error.ts";

/** `eso completion <shell>`: the script that makes a shell complete `eso`. */
export async function completion({ given, out }: Call): Promise<void> {
  const shell = given.required("shell");
  const script = new Map(Object.entries(COMPLETION_SCRIPTS)).get(shell);
  if (script === undefined) {
    throw new UsageError(
      `there is no completion for "${shell}"`,
      `It is one of: ${Object.keys(COMPLETION_SCRIPTS).join(", ")}.`,
    );
  }
  await out.raw(script);
}
