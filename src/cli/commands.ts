import type { CommandGroup, CommandSpec } from "./command.ts";
import { ABOUT } from "./table/about.ts";
import { CAPTURE } from "./table/capture.ts";
import { INGEST } from "./table/ingest.ts";
import { CONTEXT } from "./table/context-row.ts";
import { KEEP } from "./table/keep.ts";
import { LOOK } from "./table/look.ts";
import { MEASURE } from "./table/measure.ts";
import { RECORD } from "./table/record.ts";
import { REPLAY } from "./table/replay.ts";
import { REPORT } from "./table/report.ts";
import { STORE } from "./table/store.ts";
import { TRAVEL } from "./table/travel.ts";
import { VERIFY } from "./table/verify-row.ts";

/** Every command under its heading: the one table behind parsing, help, completion and documentation. */
export const COMMAND_GROUPS: readonly CommandGroup[] = [
  RECORD,
  { ...CAPTURE, commands: [...CAPTURE.commands, ...INGEST] },
  LOOK,
  { ...TRAVEL, commands: [...TRAVEL.commands, CONTEXT] },
  MEASURE,
  REPORT,
  REPLAY,
  STORE,
  KEEP,
  { title: "Prove", commands: [VERIFY] },
  ABOUT,
];

/** Every command. */
export const COMMANDS: readonly CommandSpec[] = COMMAND_GROUPS.flatMap(({ commands }) => commands);

/** The command with exactly this name. */
export function commandNamed(name: string): CommandSpec | undefined {
  return COMMANDS.find((command) => command.name === name);
}
