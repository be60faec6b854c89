import type { CommandGroup, CommandSpec } from "./command.ts";
import { ABOUT } from "./table/about.ts";
import { LOOK } from "./table/look.ts";
import { RECORD } from "./table/record.ts";
import { STORE } from "./table/store.ts";

/** Every command under its heading: the one table behind parsing, help, completion and documentation. */
export const COMMAND_GROUPS: readonly CommandGroup[] = [RECORD, LOOK, STORE, ABOUT];

/** Every command. */
export const COMMANDS: readonly CommandSpec[] = COMMAND_GROUPS.flatMap(({ commands }) => commands);

/** The command with exactly this name. */
export function commandNamed(name: string): CommandSpec | undefined {
  return COMMANDS.find((command) => command.name === name);
}
