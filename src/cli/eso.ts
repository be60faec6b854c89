#!/usr/bin/env node
import module from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";

const NODE_MAJOR_MIN = 24;

// Node itself warns on stderr where both are set; here NO_COLOR wins quietly.
if (process.env["NO_COLOR"]) delete process.env["FORCE_COLOR"];
// Everything else is imported after the check, since older versions fail on the first import already.
if (Number.parseInt(process.versions.node, 10) < NODE_MAJOR_MIN) {
  process.stderr.write(
    `error: eso needs Node.js ${NODE_MAJOR_MIN} or newer, this is ${process.versions.node}\n` +
      `  do   Install it from https://nodejs.org, or with your version manager: nvm install ${NODE_MAJOR_MIN}\n`,
  );
  process.exitCode = 1;
} else {
  // In the user's own folder: in the shared temporary one, another user could plant code.
  module.enableCompileCache(join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "eso"));
  await import("./main.ts");
}
