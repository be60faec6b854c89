import { join } from "node:path";

import { createCodec } from "../event/codec.ts";
import type { EventLog } from "../log/event-log.ts";
import type { Integrity } from "../report/audit-report.ts";
import type { AuditParts } from "../store/audit-trail.ts";
import type { EventStore } from "../store/event-store.ts";
import { verifyIssue } from "../verify/verify-issue.ts";
import { verifyStore } from "../verify/verify-store.ts";
import { pathFor, type Target, writeReport } from "./audit-target.ts";
import type { Call } from "./command.ts";
import { version } from "./version.ts";

/** What `eso audit` works with, and what checking the record said. */
export interface AuditTools extends AuditParts {
  verdict(): Integrity["verdict"] | undefined;
}

/** The store's parts for a report, its file, and the check of the record. */
export async function auditParts(
  { given, context, out, signal }: Call,
  store: EventStore,
  target: Target,
): Promise<AuditTools> {
  const path = await context.storePath();
  const { config } = await context.config();
  const codec = await createCodec({
    defaultSessionId: "eso-audit",
    customTypes: join(path, "schemas", "custom"),
    unknownEvents: config.validation.unknown_events,
  });
  const { log, index } = store;
  let verdict: Integrity["verdict"] | undefined;
  const verify = async (issue: string | undefined): Promise<Integrity> => {
    const report =
      issue === undefined ? await verifyStore(path, { signal }) : verifyIssue(path, issue, { signal });
    verdict = report.verdict;
    return report;
  };
  const keep: AuditParts["keep"] = async (name, pieces) => {
    const file = pathFor(target, name);
    if (file === null) for await (const piece of pieces) await out.raw(Buffer.from(piece).toString());
    else await writeReport(file, pieces);
    return file;
  };
  return {
    past: store,
    index,
    limits: config.query,
    decode: (bytes) => codec.decode(bytes),
    clock: Date.now,
    version: version(),
    keep,
    ...(given.flag("no-verify") ? {} : { verify }),
    append: (request) => (log as EventLog).append(request),
    verdict: () => verdict,
  };
}
