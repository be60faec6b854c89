import { EvidenceError } from "../errors.ts";

/** The error for a text that is not what it should be; the message ends with the reason. */
export function invalid(what: string, why: string, line?: number): EvidenceError {
  const place = line === undefined ? "" : ` in line ${line}`;
  return new EvidenceError("ESO_INVALID_EVIDENCE", `not a valid ${what}${place}: ${why}`, {
    hint: "docs/reference/evidence-format.md shows the exact forms; take the text again from where it was published.",
    details: { what, ...(line === undefined ? {} : { line }) },
  });
}
