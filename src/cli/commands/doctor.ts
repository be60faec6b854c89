import process from "node:process";

import { gitOutput } from "../../capture/git-process.ts";
import { EsoError } from "../../errors.ts";
import { inspectStore } from "../../engines/files/inspect-store.ts";
import { diagnose, type Finding } from "../../store/doctor.ts";
import type { Call } from "../command.ts";
import type { Context } from "../context.ts";
import type { ExitCode } from "../exit-codes.ts";
import { padded, safe } from "../text.ts";

const NODE_MAJOR_MIN = 24;
const STYLES = { ok: "success", warn: "warning", fail: "failure" } as const;
const VERDICT_COLUMNS = 4;

/** `eso doctor`: what could go wrong, without changing anything. */
export async function doctor({ given, context, out }: Call): Promise<ExitCode> {
  const findings = [
    node(),
    await git(context.cwd),
    ...(await configuration(context)),
    ...(await store(context)),
  ];
  const failed = findings.filter(({ verdict }) => verdict === "fail").length;
  if (given.flag("json")) {
    await out.json({ schema: "eso.doctor/1", ok: failed === 0, findings });
    return failed === 0 ? 0 : 1;
  }
  const columns = Math.max(...findings.map(({ check }) => check.length));
  for (const { check, verdict, says, advice } of findings) {
    const mark = out.paint(STYLES[verdict], padded(verdict, VERDICT_COLUMNS));
    await out.line(safe`${mark}  ${padded(check, columns)}  ${says}`);
    if (advice !== undefined)
      await out.line(
        safe`${" ".repeat(VERDICT_COLUMNS + columns + 4)}${out.paint("quiet", "do")}  ${advice}`,
      );
  }
  return failed === 0 ? 0 : 1;
}

function node(): Finding {
  const { node: version } = process.versions;
  if (Number.parseInt(version, 10) >= NODE_MAJOR_MIN)
    return { check: "Node.js", verdict: "ok", says: version };
  return {
    check: "Node.js",
    verdict: "fail",
    says: version,
    advice: `Install Node.js ${NODE_MAJOR_MIN} or newer.`,
  };
}

async function git(cwd: string): Promise<Finding> {
  try {
    const pieces: Buffer[] = [];
    for await (const piece of gitOutput(cwd, ["version"])) pieces.push(piece);
    return { check: "git", verdict: "ok", says: Buffer.concat(pieces).toString().trim() };
  } catch (error) {
    if (!(error instanceof EsoError)) throw error;
    const advice = error.hint ?? "Only eso import git needs it.";
    return { check: "git", verdict: "warn", says: error.message, advice };
  }
}

async function configuration(context: Context): Promise<Finding[]> {
  try {
    const { file, notes } = await context.config();
    const says = file ?? "no file; every key is at its default";
    return [
      { check: "configuration", verdict: "ok", says },
      ...notes.map(({ path, message, replacement }): Finding => {
        const advice = replacement === undefined ? "Take it out of the file." : `Use ${replacement}.`;
        return { check: "configuration", verdict: "warn", says: `${path}: ${message}`, advice };
      }),
    ];
  } catch (error) {
    if (!(error instanceof EsoError)) throw error;
    return [
      {
        check: "configuration",
        verdict: "fail",
        says: error.message,
        advice: error.hint ?? "Correct the file.",
      },
    ];
  }
}

async function store(context: Context): Promise<Finding[]> {
  const path = await pathOf(context);
  if (path === undefined) return [];
  return diagnose(await inspectStore(path), Date.now());
}

/** Where the store is; undefined when a configuration that cannot be read would say so. */
async function pathOf(context: Context): Promise<string | undefined> {
  try {
    return await context.storePath();
  } catch (error) {
    if (error instanceof EsoError) return undefined;
    throw error;
  }
}
