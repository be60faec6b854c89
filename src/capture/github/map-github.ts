import { mapped, type Mapped, type Surroundings, unmapped } from "../webhook/mapping.ts";
import { at, type Loose, nameOf, objectOf } from "../webhook/payload.ts";
import {
  checkRunEvent,
  checkSuiteEvent,
  statusEvent,
  workflowJobEvent,
  workflowRunEvent,
} from "./check-events.ts";
import { issueCommentEvent, reviewCommentEvent, reviewEvent } from "./comment-events.ts";
import { githubEventOf } from "./github-event.ts";
import { pullRequestEvents } from "./pull-request-events.ts";
import { pushEvents } from "./push-events.ts";

/** How much of a kind's name is shown. */
const KIND = 64;

type Reader = (payload: Loose, around: Surroundings) => Mapped;

const READERS: Readonly<Record<string, Reader>> = {
  push: pushEvents,
  pull_request: pullRequestEvents,
  pull_request_review: (payload, around) => mapped([reviewEvent(payload, around)]),
  pull_request_review_comment: (payload, around) => mapped([reviewCommentEvent(payload, around)]),
  issue_comment: (payload, around) => mapped([issueCommentEvent(payload, around)]),
  check_run: (payload, around) => mapped([checkRunEvent(payload, around)]),
  check_suite: (payload, around) => mapped([checkSuiteEvent(payload, around)]),
  status: (payload, around) => mapped([statusEvent(payload, around)]),
  workflow_run: (payload, around) => mapped([workflowRunEvent(payload, around)]),
  workflow_job: (payload, around) => mapped([workflowJobEvent(payload, around)]),
};

/**
 * What a webhook of GitHub tells.
 *
 * @param name the header `X-GitHub-Event`; guessed from the payload where it is missing.
 */
export function mapGithub(payload: unknown, name: string | undefined, around: Surroundings): Mapped {
  const object = objectOf(payload);
  if (object === undefined) return unmapped("not a JSON object");
  const event = nameOf(name, KIND) ?? githubEventOf(object) ?? "an unknown kind";
  const read = Object.hasOwn(READERS, event) ? READERS[event] : undefined;
  const action = nameOf(at(object, "action"), KIND);
  const kind = action === undefined ? event : `${event}.${action}`;
  if (read === undefined) return unmapped(`no event is made of ${kind}`);
  const result = read(object, around);
  return result.events.length > 0 ? result : { ...result, unmapped: `no event is made of this ${kind}` };
}
