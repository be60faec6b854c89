import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { basename } from "node:path";

import { leafHash } from "../proof/hash-tree.ts";
import { checkPolicy } from "../proof/policy.ts";
import { parseTlogProof, proofHolds } from "../proof/tlog-proof.ts";
import { Findings } from "./finding.ts";
import { StoreTally } from "./store-tally.ts";
import { StreamCheck } from "./stream-check.ts";
import type { VerifyOptions, VerifyReport } from "./verify-store.ts";

const NO_SEALS = { compared: 0, sealed_to: 0, signed_to: 0, anchored_to: 0, suspects: [], newest_seal: null };

const LINE_BYTES_MAX = 65_536;

/** Checks an `events.jsonl` on its own: that its lines follow each other. Where it came from it cannot say. */
export function verifyEventFile(path: string): VerifyReport {
  const findings = new Findings();
  const tally = new StoreTally(findings);
  let [stream, last] = [streamOf(path), 0];
  const seen = ({ position }: { position: number }): void => void (last = position);
  const check = new StreamCheck(stream, { storeId: undefined, findings, tally, seen });
  check.file({ path, name: basename(path), day: undefined, stream });
  return {
    schema: "eso.verify/1",
    target: path,
    verdict: findings.count > 0 ? "violated" : "intact",
    events: tally.events,
    streams: 1,
    files: 1,
    bytes: tally.bytes,
    last_position: last,
    seals: NO_SEALS,
    findings: findings.kept,
    findings_total: findings.count,
    unfinished: tally.unfinished,
    proven: findings.count > 0 ? [] : ["every line is chained to the one before it in this file"],
    not_proven: [
      "which store the file is of, and what stood before its first line and after its last",
      "that nobody has written all of it anew: that takes a seal",
    ],
  };
}

/** The issue that a file's first line belongs to. */
function streamOf(path: string): string {
  const file = openSync(path, "r");
  const bytes = Buffer.alloc(LINE_BYTES_MAX);
  const text = bytes.toString("utf8", 0, readSync(file, bytes));
  closeSync(file);
  return /"issue_key":"([^"\\]{1,64})"/.exec(text.slice(0, text.indexOf("\n")))?.[1] ?? "global";
}

/** Checks a `.tlog-proof` file: that a line is in the log under the seal that it carries. */
export function verifyProofFile(
  path: string,
  line: string | undefined,
  options: VerifyOptions = {},
): VerifyReport {
  const proof = parseTlogProof(readFileSync(path, "utf8"));
  const findings = new Findings();
  const text = line ?? (proof.extra === undefined ? undefined : Buffer.from(proof.extra).toString());
  const bytes = text === undefined ? undefined : Buffer.from(text.replace(/\r?\n$/, ""));
  const { seal, index } = proof;
  if (bytes !== undefined && !proofHolds(proof, leafHash(bytes)))
    findings.add({
      code: "leaf",
      message: "the line is not the one that this proof is for",
      position: index + 1,
    });
  const policy = options.policy === undefined ? undefined : checkPolicy(options.policy, seal);
  for (const problem of policy?.problems ?? []) findings.add({ code: "signature", message: problem });
  const signed = policy?.problems.length === 0 && policy.log !== undefined;
  const not_proven: string[] = [];
  if (bytes === undefined) not_proven.push("anything: the line was not given (--line FILE)");
  if (!signed) not_proven.push("who made the seal: no key was given (--key)");
  const unverifiable = bytes === undefined || (options.requireSignature === true && !signed);
  return {
    schema: "eso.verify/1",
    target: path,
    verdict: findings.count > 0 ? "violated" : unverifiable ? "unverifiable" : "intact",
    origin: seal.origin,
    events: 1,
    streams: 1,
    files: 1,
    bytes: bytes?.length ?? 0,
    last_position: index + 1,
    seals: {
      ...NO_SEALS,
      compared: 1,
      sealed_to: seal.size,
      signed_to: signed ? seal.size : 0,
      newest_seal: seal.size,
    },
    findings: findings.kept,
    findings_total: findings.count,
    unfinished: [],
    proven:
      findings.count > 0 || bytes === undefined
        ? []
        : [
            `the line is event ${index + 1} of ${seal.size} under a seal of ${seal.origin}`,
            ...(signed ? ["that seal is signed by a key that was given"] : []),
          ],
    not_proven,
  };
}
