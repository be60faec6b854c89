import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";

import { NotFoundError } from "../../errors.ts";
import { findSeals } from "../../proof/find-seals.ts";
import { parsePolicy, type Policy } from "../../proof/policy.ts";
import type { PlacedSeal } from "../../verify/stored-seals.ts";
import { verifyEventFile, verifyProofFile } from "../../verify/verify-file.ts";
import { verifyIssue } from "../../verify/verify-issue.ts";
import { type VerifyOptions, type VerifyReport, verifyStore } from "../../verify/verify-store.ts";
import type { Arguments } from "../arguments.ts";
import type { Call } from "../command.ts";
import type { ExitCode } from "../exit-codes.ts";
import { Progress } from "../progress.ts";
import { printVerdict } from "../verify-view.ts";

const CODES: Readonly<Record<VerifyReport["verdict"], ExitCode>> = {
  intact: 0,
  violated: 4,
  unverifiable: 5,
};

/** `eso verify [issue|file]`: recomputes the record from its bytes, and says what is proven and what is not. */
export async function verify(call: Call): Promise<ExitCode> {
  const { given, context, out } = call;
  const options: VerifyOptions = {
    anchors: anchorsOf(given, context.cwd),
    policy: policyOf(given, context.cwd),
    requireSignature: given.flag("require-signature"),
    signal: call.signal,
  };
  const report = await verified(call, options);
  if (given.flag("json")) await out.json(report);
  else await printVerdict(out, report);
  return CODES[report.verdict];
}

async function verified({ given, context }: Call, options: VerifyOptions): Promise<VerifyReport> {
  const target = given.argument("target");
  const path = target === undefined ? undefined : resolve(context.cwd, target);
  if (path !== undefined && isFile(path)) {
    if (!path.endsWith(".tlog-proof")) return verifyEventFile(path);
    const line = given.text("line");
    return verifyProofFile(
      path,
      line === undefined ? undefined : textOf(resolve(context.cwd, line)),
      options,
    );
  }
  const store = await context.storePath();
  if (target !== undefined) return verifyIssue(store, target, options);
  using progress = new Progress(process.stderr, { label: "verifying", unit: "events" });
  let seen = 0;
  const onProgress = (events: number): void => {
    progress.add(events - seen);
    seen = events;
  };
  return await verifyStore(store, { ...options, onProgress });
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function textOf(path: string): string {
  if (!isFile(path))
    throw new NotFoundError("ESO_NOT_FOUND", `there is no file ${path}`, { details: { what: path } });
  return readFileSync(path, "utf8");
}

/** Seals in any text: a CI log, a comment, a commit, a note. */
function anchorsOf(given: Arguments, cwd: string): PlacedSeal[] | undefined {
  const files = given.texts("anchor");
  if (files.length === 0) return undefined;
  return files.flatMap((file) =>
    findSeals(textOf(resolve(cwd, file))).map(({ seal, line }) => ({ seal, line, file })),
  );
}

/** A C2SP policy file, or verifier keys as they are. */
function policyOf(given: Arguments, cwd: string): Policy | undefined {
  const keys = given.texts("key");
  const file = given.text("policy");
  if (file !== undefined) return parsePolicy(textOf(resolve(cwd, file)));
  if (keys.length === 0) return undefined;
  const lines = keys.map((key) => (isFile(resolve(cwd, key)) ? textOf(resolve(cwd, key)).trim() : key));
  return parsePolicy(`${lines.map((vkey) => `log ${vkey}`).join("\n")}\nquorum none\n`);
}
