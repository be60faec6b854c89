import type { IssueFacts } from "../webhook/mapping.ts";
import { at, hostOf, idOf, LIMITS, nameOf, namesOf, present } from "../webhook/payload.ts";

/** What a payload says of an issue beyond its key: worth keeping, since others name it by its number only. */
export function issueFacts(issue: unknown): IssueFacts | undefined {
  const [host, id, key] = [hostOf(at(issue, "self")), idOf(at(issue, "id")), nameOf(at(issue, "key"), 64)];
  if (host === undefined || id === undefined || key === undefined) return undefined;
  const fields = at(issue, "fields");
  return present({
    host,
    id,
    key,
    summary: nameOf(at(fields, "summary"), LIMITS.title),
    type: nameOf(at(fields, "issuetype", "name")),
    priority: nameOf(at(fields, "priority", "name")),
    status: nameOf(at(fields, "status", "name")),
    labels: Array.isArray(at(fields, "labels")) ? namesOf(at(fields, "labels"), "name") : undefined,
    components: Array.isArray(at(fields, "components"))
      ? namesOf(at(fields, "components"), "name")
      : undefined,
  });
}
