import { join } from "node:path";

import { NotFoundError } from "../errors.ts";
import { checkPolicy } from "../proof/policy.ts";
import { findEventFiles } from "./event-files.ts";
import { Findings } from "./finding.ts";
import { readJournals } from "./journal-scan.ts";
import { sealedLeaves } from "./seal-check.ts";
import { StoreTally } from "./store-tally.ts";
import { StreamCheck } from "./stream-check.ts";
import { type PlacedSeal, storedSeals } from "./stored-seals.ts";
import { identityOf, type VerifyOptions, type VerifyReport } from "./verify-store.ts";

const HASH_BYTES = 32;

/**
 * Checks one stream: that it is whole from its first line on, and that its lines are those under the newest seal, by
 * the tree's tiles. Other streams are not read.
 * @throws NotFoundError when the store has no such stream.
 */
export function verifyIssue(base: string, issue: string, options: VerifyOptions = {}): VerifyReport {
  const identity = identityOf(base);
  const findings = new Findings();
  const tally = new StoreTally(findings);
  const positions: number[] = [];
  const kept = storedSeals(base, findings);
  using journals = readJournals(join(base, ".store"));
  const files = findEventFiles(base, findings).get(issue) ?? [];
  const tail = journals.byStream.get(issue) ?? [];
  if (files.length === 0 && tail.length === 0) throw noSuchIssue(issue);
  const seen = ({ position }: { position: number }): void => void positions.push(position);
  const check = new StreamCheck(issue, { storeId: identity.store_id, findings, tally, seen });
  for (const file of files) check.file(file);
  for (const line of tail) check.journalled(line);
  const newest = newestOf([...kept, ...(options.anchors ?? [])]);
  const sealed =
    newest === undefined ? undefined : compare(base, { newest, positions, tally, findings, issue });
  const signed = newest !== undefined && sealed !== undefined && isSigned(newest, options, findings);
  return reportOf({ issue, identity, tally, findings, positions, newest, sealed, signed }, options);
}

function newestOf(seals: readonly PlacedSeal[]): PlacedSeal | undefined {
  return seals.reduce<PlacedSeal | undefined>(
    (newest, placed) => (newest === undefined || placed.seal.size > newest.seal.size ? placed : newest),
    undefined,
  );
}

/** How many of the stream's lines the seal covers; undefined when the tiles are not those of the seal. */
function compare(
  base: string,
  parts: {
    newest: PlacedSeal;
    positions: readonly number[];
    tally: StoreTally;
    findings: Findings;
    issue: string;
  },
): number | undefined {
  const { seal } = parts.newest;
  const leaves = sealedLeaves(base, seal);
  if (leaves === undefined) return undefined;
  let covered = 0;
  for (const position of parts.positions) {
    if (position > seal.size) continue;
    covered++;
    const sealed = leaves.subarray((position - 1) * HASH_BYTES, position * HASH_BYTES);
    if (parts.tally.leaves.get(position)?.equals(sealed) === true) continue;
    const message = "the line is not the one that was sealed";
    parts.findings.add({ code: "leaf", message, stream: parts.issue, position });
  }
  return covered;
}

function isSigned({ seal, file, line }: PlacedSeal, { policy }: VerifyOptions, findings: Findings): boolean {
  if (policy === undefined || seal.signatures.length === 0) return false;
  const { problems, log } = checkPolicy(policy, seal);
  for (const problem of problems) findings.add({ code: "signature", message: problem, file, line });
  return problems.length === 0 && log !== undefined;
}

interface IssueCheck {
  readonly issue: string;
  readonly identity: { readonly store_id: string; readonly origin: string };
  readonly tally: StoreTally;
  readonly findings: Findings;
  readonly positions: readonly number[];
  readonly newest: PlacedSeal | undefined;
  readonly sealed: number | undefined;
  readonly signed: boolean;
}

function reportOf(check: IssueCheck, options: VerifyOptions): VerifyReport {
  const { tally, findings, sealed = 0, signed, newest, positions } = check;
  const sealed_to = sealed === 0 ? 0 : (newest?.seal.size ?? 0);
  const asked = (options.policy !== undefined || options.requireSignature === true) && !signed;
  const verdict = findings.count > 0 ? "violated" : asked ? "unverifiable" : "intact";
  const proven = ["every line is chained to the one before it, from the stream's first on"];
  if (sealed > 0)
    proven.push(`${sealed} of ${tally.events} events are those under the seal of ${sealed_to} events`);
  if (signed) proven.push("that seal is signed by a key that was given");
  const not_proven = [
    "whether later events of this stream were removed, or other streams changed: eso verify checks all",
  ];
  if (sealed < tally.events) not_proven.push(`${tally.events - sealed} events are under no seal`);
  if (!signed)
    not_proven.push(
      asked
        ? "no seal carries a signature of a key that was given"
        : "no signature was checked: no key was given (--key)",
    );
  return {
    schema: "eso.verify/1",
    target: check.issue,
    verdict,
    ...check.identity,
    events: tally.events,
    streams: 1,
    files: tally.files,
    bytes: tally.bytes,
    last_position: positions.at(-1) ?? 0,
    seals: {
      compared: newest === undefined ? 0 : 1,
      sealed_to,
      signed_to: signed ? sealed_to : 0,
      anchored_to: 0,
      suspects: [],
      newest_seal: newest?.seal.size ?? null,
    },
    findings: findings.kept,
    findings_total: findings.count,
    unfinished: tally.unfinished,
    proven: verdict === "violated" ? [] : proven,
    not_proven,
  };
}

function noSuchIssue(issue: string): NotFoundError {
  return new NotFoundError("ESO_NOT_FOUND", `there are no events of ${issue}`, {
    hint: "eso ls lists the issues in the store.",
    details: { what: issue },
  });
}
