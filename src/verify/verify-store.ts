import { readFileSync } from "node:fs";
import { join } from "node:path";

import { ConfigError, NotFoundError } from "../errors.ts";
import type { Policy } from "../proof/policy.ts";
import { filedLines } from "./event-files.ts";
import { type Finding, Findings } from "./finding.ts";
import { checkRecord, type RecordCheck, type StoreIdentity } from "./record-check.ts";
import { checkSeals, type SealOutcome } from "./seal-check.ts";
import { type PlacedSeal, storedSeals } from "./stored-seals.ts";
import type { Unfinished } from "./store-tally.ts";

export interface VerifyOptions {
  /** Seals that were kept outside the store: what they cover cannot have been changed unseen. */
  readonly anchors?: readonly PlacedSeal[] | undefined;
  /** Whose signatures count. A key that lies in the store is never believed. */
  readonly policy?: Policy | undefined;
  readonly requireSignature?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told now and then how many events have been read. */
  readonly onProgress?: ((events: number) => void) | undefined;
}

/** `violated`: the record is not what it was. `unverifiable`: what was asked for could not be checked. */
export type Verdict = "intact" | "violated" | "unverifiable";

export interface VerifyReport {
  readonly schema: "eso.verify/1";
  /** What was checked: the store, an issue, or a file. */
  readonly target: string;
  readonly verdict: Verdict;
  /** Absent for a file on its own. */
  readonly store_id?: string;
  readonly origin?: string;
  readonly events: number;
  readonly streams: number;
  readonly files: number;
  readonly bytes: number;
  /** The position up to which the record was checked. */
  readonly last_position: number;
  readonly seals: SealOutcome & { readonly newest_seal: number | null };
  /** The first ones in full; `findings_total` counts all. */
  readonly findings: readonly Finding[];
  readonly findings_total: number;
  /** Bytes without a line end behind a file's last line: on their way in, or torn by a crash; not events. */
  readonly unfinished: readonly Unfinished[];
  readonly proven: readonly string[];
  readonly not_proven: readonly string[];
}

/**
 * Recomputes a whole store from its bytes: offline, without any private key, and while others write.
 * @throws NotFoundError when there is no store.
 *
 * @example
 * ```ts
 * const report = await verifyStore("./sessions/events");
 * if (report.verdict === "violated") console.error(report.findings[0]);
 * ```
 */
export async function verifyStore(base: string, options: VerifyOptions = {}): Promise<VerifyReport> {
  const identity = identityOf(base);
  // Before the record: a seal that is made meanwhile covers more than was read.
  const sealFindings = new Findings();
  const kept = storedSeals(base, sealFindings);
  const record = await checkRecord(base, identity, options);
  const { findings, tally, last } = record;
  for (const finding of sealFindings.kept) findings.add(finding);
  const anchors = options.anchors ?? [];
  const { leaves } = tally;
  const parts = { base, origin: identity.origin, leaves, last, findings, policy: options.policy };
  const seals = checkSeals({ kept, anchors }, parts);
  locate(base, seals.suspects, findings);
  return reportOf(identity, record, { kept, seals, options });
}

export function identityOf(base: string): StoreIdentity {
  const path = join(base, ".store", "store.json");
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")))
      throw error;
    throw new NotFoundError("ESO_NOT_FOUND", `${base} is not a store: it has no .store/store.json`, {
      hint: "Name the folder that holds the day folders. Without .store, a single events.jsonl can still be checked: eso verify FILE.",
      details: { what: base },
    });
  }
  const { store_id, origin } = parsed(text, path);
  if (typeof store_id !== "string") throw notAStore(path);
  return { store_id, origin: typeof origin === "string" ? origin : store_id };
}

function parsed(text: string, path: string): { store_id?: unknown; origin?: unknown } {
  try {
    return JSON.parse(text) as { store_id?: unknown; origin?: unknown };
  } catch (error) {
    if (error instanceof SyntaxError) throw notAStore(path);
    throw error;
  }
}

function notAStore(path: string): ConfigError {
  return new ConfigError("ESO_INVALID_CONFIG", `${path} does not say which store this is`, {
    hint: "Bring it back from a backup: without the store's id the streams cannot be checked from their first line.",
    details: { path },
  });
}

/** Names the lines that stand at these positions, or says that none does. */
function locate(base: string, positions: readonly number[], findings: Findings): void {
  const wanted = new Set(positions);
  if (wanted.size === 0) return;
  for (const { bytes, number: line, offset, stream, file } of filedLines(base)) {
    const position = positionIn(bytes);
    if (position === undefined || !wanted.delete(position)) continue;
    const message = "the line is not the one that was sealed";
    findings.add({ code: "leaf", message, stream, file, line, offset, position });
  }
}

const POSITION = /"position":(\d{1,15}),"prev_hash":"[^"]*"\}$/;

function positionIn(bytes: Buffer): number | undefined {
  const digits = POSITION.exec(bytes.toString("latin1", Math.max(0, bytes.length - 128)))?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function reportOf(
  identity: StoreIdentity,
  { findings, tally, streams, last }: RecordCheck,
  { kept, seals, options }: { kept: readonly PlacedSeal[]; seals: SealOutcome; options: VerifyOptions },
): VerifyReport {
  const unchecked = uncheckable(seals, options);
  const verdict = findings.count > 0 ? "violated" : unchecked.length > 0 ? "unverifiable" : "intact";
  const { events, files, bytes, unfinished } = tally;
  return {
    schema: "eso.verify/1",
    target: "store",
    verdict,
    ...identity,
    events,
    streams,
    files,
    bytes,
    last_position: last,
    seals: { ...seals, newest_seal: kept.at(-1)?.seal.size ?? null },
    findings: findings.kept,
    findings_total: findings.count,
    unfinished,
    proven: verdict === "violated" ? [] : proven(seals, last),
    not_proven: [...unchecked, ...notProven(seals, last, options)],
  };
}

/** What was asked for and could not be checked. */
function uncheckable({ anchored_to, signed_to }: SealOutcome, options: VerifyOptions): string[] {
  const said: string[] = [];
  if (options.anchors?.length !== undefined && anchored_to === 0)
    said.push("no anchor that was given is of this store");
  if ((options.policy !== undefined || options.requireSignature === true) && signed_to === 0)
    said.push("no seal carries a signature of a key that was given");
  return said;
}

function proven({ sealed_to, signed_to, anchored_to }: SealOutcome, last: number): string[] {
  const all = ["every line is chained to the one before it in its stream, and no position is missing"];
  if (last === 0) return ["the store holds no events"];
  if (sealed_to > 0) all.push(`events 1 to ${sealed_to} are those under the store's own seals`);
  if (signed_to > 0) all.push(`events 1 to ${signed_to} are those that were signed`);
  if (anchored_to > 0) all.push(`events 1 to ${anchored_to} are those that were anchored outside the store`);
  return all;
}

function notProven(
  { sealed_to, signed_to, anchored_to }: SealOutcome,
  last: number,
  options: VerifyOptions,
): string[] {
  const said: string[] = [];
  if (last === 0) return said;
  if (sealed_to < last) said.push(`${behind(sealed_to)} is sealed`);
  if (options.policy === undefined) said.push("no signature was checked: no key was given (--key)");
  else if (signed_to < last) said.push(`${behind(signed_to)} is signed by a key that was given`);
  if (anchored_to < last)
    said.push(
      `${behind(anchored_to)} is anchored: whoever can write to this folder could have replaced it as a whole`,
    );
  return said;
}

function behind(to: number): string {
  return to === 0 ? "nothing" : `nothing after position ${to}`;
}
