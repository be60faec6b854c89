import { mapped, type Mapped, type Surroundings, unmapped } from "../webhook/mapping.ts";
import { at, idOf, type Loose, objectsOf, timeOf } from "../webhook/payload.ts";
import { issueFacts } from "./issue-facts.ts";
import { commentEvent, transitions, worklogEvent } from "./map-jira.ts";

/**
 * All that an issue's own record tells, as Jira's REST interface gives it: its history with `expand=changelog`, its
 * comments and worklogs. The ids are those that webhooks have, so that both are the same facts.
 */
export function jiraRecord(issue: Loose, around: Surroundings): Mapped {
  const facts = issueFacts(issue);
  if (facts === undefined) return unmapped("this is neither a webhook nor an issue");
  const changes = objectsOf(at(issue, "changelog", "histories")).flatMap((history) =>
    transitions(
      {
        id: idOf(history["id"]),
        items: history["items"],
        at: timeOf(history["created"]),
        by: history["author"],
        trigger: "history",
      },
      facts,
      around,
    ),
  );
  const comments = objectsOf(at(issue, "fields", "comment", "comments")).map((one) =>
    commentEvent(one, facts, around),
  );
  const worklogs = objectsOf(at(issue, "fields", "worklog", "worklogs")).map((one) =>
    worklogEvent(one, facts, around),
  );
  const found = mapped([...changes, ...comments, ...worklogs]);
  const events = found.events.toSorted((one, other) => (timeIn(one.input) < timeIn(other.input) ? -1 : 1));
  return { events, learned: [facts] };
}

function timeIn({ timestamp = "" }: { readonly timestamp?: string }): string {
  return timestamp;
}
