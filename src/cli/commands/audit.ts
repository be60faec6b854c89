import { stat } from "node:fs/promises";
import process from "node:process";

import { AUDIT_FORMATS, type AuditFormat } from "../../report/render.ts";
import type { AuditOptions } from "../../store/audit-trail.ts";
import { auditFolder } from "../audit-folder.ts";
import { auditParts } from "../audit-parts.ts";
import { type Target, targetOf } from "../audit-target.ts";
import type { Arguments } from "../arguments.ts";
import type { Call } from "../command.ts";
import type { ExitCode } from "../exit-codes.ts";
import { noteUnknownTypes } from "../filter.ts";
import { findIssue } from "../find-issue.ts";
import { parseTime } from "../moment.ts";
import { grouped, Progress } from "../progress.ts";
import { joined, safe } from "../text.ts";
import { UsageError } from "../usage-error.ts";

/** `eso audit`: the report that a manager reads and an auditor can check. */
export async function audit(call: Call): Promise<ExitCode> {
  const { given, context, err, signal } = call;
  const format = given.choice("format", AUDIT_FORMATS) ?? "html";
  checkOptions(given, format);
  const options = { ...scopeOf(given, Date.now()), format, guard: !given.flag("no-guard"), signal };
  const store = await context.reading();
  for (const issue of options.issueKey ?? []) await findIssue(store, issue);
  const target = await targetOf(call);
  const { generateAuditTrail } = await import("../../store/audit-trail.ts");
  using progress = new Progress(process.stderr, { label: "reporting", unit: "events" });
  const onProgress = (events: number): void => progress.add(events);
  const parts = await auditParts(call, store, target);
  const made = given.flag("tables")
    ? await auditFolder(parts, { ...options, onProgress }, target)
    : await generateAuditTrail(parts, { ...options, onProgress });
  progress[Symbol.dispose]();
  if (made.events === 0) await noteUnknownTypes(given, err);
  await printed(call, made, { target, verdict: parts.verdict() });
  return parts.verdict() === "violated" ? 4 : 0;
}

function checkOptions(given: Arguments, format: AuditFormat): void {
  if (format !== "csv" && (given.flag("tables") || given.flag("no-guard")))
    throw new UsageError("--tables and --no-guard go with -f csv");
  const toOutput = given.text("output") === "-";
  if (toOutput && given.flag("tables")) throw new UsageError("--tables makes a folder: name it with -o");
  if (toOutput && given.flag("json"))
    throw new UsageError("--json is the report about a file", "With -o - use -f json for the report itself.");
}

type Scope = Pick<AuditOptions, "fromDate" | "toDate" | "eventTypes"> & {
  readonly issueKey?: readonly string[];
};

function scopeOf(given: Arguments, now: number): Scope {
  const named = given.argument("issue");
  const issues = [...(named === undefined ? [] : [named]), ...given.list("issue")];
  const types = given.list("type");
  const from = lastOf(given, now) ?? timeOf(given, "from", now);
  const to = timeOf(given, "to", now);
  return {
    ...(issues.length === 0 ? {} : { issueKey: [...new Set(issues)] }),
    ...(from === undefined ? {} : { fromDate: from }),
    ...(to === undefined ? {} : { toDate: to }),
    ...(types.length === 0 ? {} : { eventTypes: types }),
  };
}

function timeOf(given: Arguments, option: string, now: number): string | undefined {
  const text = given.text(option);
  return text === undefined ? undefined : parseTime(text, { now, utc: given.flag("utc") });
}

function lastOf(given: Arguments, now: number): string | undefined {
  const last = given.text("last");
  if (last === undefined) return undefined;
  if (given.text("from") !== undefined)
    throw new UsageError("--last and --from say the same: give one of them");
  if (!/^(?:\d+[smhdw])+$/.test(last))
    throw new UsageError(`--last cannot be "${last}"`, "Write a time such as 12h, 7d or 4w.");
  return parseTime(`-${last}`, { now });
}

interface Made {
  readonly path: string | null;
  readonly sha256: string;
  readonly events: number;
  readonly bytes: number;
  readonly format: AuditFormat;
  readonly recorded: string | null;
}

async function printed(
  { given, out, err }: Call,
  made: Made,
  { target, verdict }: { readonly target: Target; readonly verdict: string | undefined },
): Promise<void> {
  const { path, sha256, events, bytes, recorded } = made;
  const note =
    recorded === null ? "The store cannot be written to, so that the report was made is not recorded." : "";
  if (target.kind === "output") {
    await out.flush();
    await err.line(`sha256 ${sha256}, ${grouped(events)} events`);
  } else if (given.flag("json")) {
    await out.json({ schema: "eso.audit-made/1", ...made, verdict: verdict ?? "not checked" });
  } else if (!out.terminal) await out.line(joined([path ?? "", sha256, String(events)], "\t"));
  else {
    await out.line(safe`${out.paint("heading", path ?? "")}`);
    await out.line(`${grouped(events)} events, ${grouped(bytes)} bytes`);
    await out.line(safe`${out.paint("quiet", `sha256 ${sha256}`)}`);
    if (made.format === "html" && path !== null && (await stat(path)).isFile())
      await out.line(safe`${out.paint("quiet", "eso open shows it.")}`);
  }
  if (verdict === "violated")
    await err.line(safe`${err.paint("failure", "The record is not intact")}: eso verify names the places.`);
  if (note !== "") await err.line(`note: ${note}`);
}
