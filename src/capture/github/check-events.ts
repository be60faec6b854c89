import { naturalKey } from "../natural-keys.ts";
import {
  accountActor,
  type Draft,
  eventOf,
  keySources,
  type MappedEvent,
  runsTests,
  type Surroundings,
} from "../webhook/mapping.ts";
import {
  addressOf,
  at,
  idOf,
  type Loose,
  nameOf,
  namesOf,
  objectsOf,
  ordinalOf,
  secondsBetween,
  textOf,
  timeOf,
} from "../webhook/payload.ts";

type Outcome = "started" | "passed" | "failed";

const PASSED = new Set(["success", "neutral", "skipped"]);
const FAILED = new Set([
  "failure",
  "timed_out",
  "cancelled",
  "action_required",
  "stale",
  "startup_failure",
  "error",
]);

/** How far a check has come; none where the payload says two things at once. */
function outcomeOf(conclusion: string | undefined, isOver: boolean): Outcome | undefined {
  if (conclusion === undefined) return isOver ? undefined : "started";
  return PASSED.has(conclusion) ? "passed" : FAILED.has(conclusion) ? "failed" : undefined;
}

/** One run of a check, whichever service made it. */
interface Check {
  readonly key: string;
  /** Pairs the start with its end. */
  readonly id: string;
  readonly name: string;
  readonly outcome: Outcome;
  readonly conclusion: string | undefined;
  readonly isTest: boolean;
  readonly started_at?: string | undefined;
  readonly ended_at?: string | undefined;
  /** The service or workflow behind it. */
  readonly service?: string | undefined;
  readonly more?: Readonly<Record<string, unknown>>;
}

/** What of the payload tells the issue, the commit and the branch. */
interface Subject {
  readonly payload: Loose;
  readonly branch?: string | undefined;
  readonly sha?: string | undefined;
  readonly pullRequests?: unknown;
  readonly message?: string | undefined;
  readonly url?: unknown;
}

export function checkRunEvent(payload: Loose, around: Surroundings): MappedEvent | undefined {
  const run = at(payload, "check_run");
  const [id, name] = [idOf(at(run, "id")), nameOf(at(run, "name"))];
  const [action, status] = [at(payload, "action"), nameOf(at(run, "status"))];
  const conclusion = textOf(at(run, "conclusion"));
  const outcome = outcomeOf(conclusion, status === "completed" || action === "completed");
  if (id === undefined || name === undefined || status === undefined || outcome === undefined)
    return undefined;
  if (action !== "created" && action !== "completed" && action !== "in_progress") return undefined;
  const check: Check = {
    key: naturalKey.check(id, status, conclusion),
    id: `check-${id}`,
    name,
    outcome,
    conclusion,
    isTest: false,
    started_at: timeOf(at(run, "started_at")),
    ended_at: timeOf(at(run, "completed_at")),
    service: nameOf(at(run, "app", "slug")),
    more: { annotations_count: at(run, "output", "annotations_count") },
  };
  const suite = at(run, "check_suite");
  const pullRequests = at(run, "pull_requests") ?? at(suite, "pull_requests");
  const subject = {
    branch: textOf(at(suite, "head_branch")),
    sha: textOf(at(run, "head_sha")),
    pullRequests,
  };
  return checkEvent(check, { ...subject, payload, url: at(run, "html_url") }, around);
}

export function checkSuiteEvent(payload: Loose, around: Surroundings): MappedEvent | undefined {
  const suite = at(payload, "check_suite");
  const [id, status] = [idOf(at(suite, "id")), nameOf(at(suite, "status"))];
  const [action, conclusion] = [at(payload, "action"), textOf(at(suite, "conclusion"))];
  const outcome = outcomeOf(conclusion, status === "completed" || action === "completed");
  if (id === undefined || status === undefined || outcome === undefined) return undefined;
  if (action !== "requested" && action !== "completed") return undefined;
  const service = nameOf(at(suite, "app", "slug"));
  const check: Check = {
    key: naturalKey.check(`suite-${id}`, status, conclusion),
    id: `check-suite-${id}`,
    name: `${service ?? "all"} checks`,
    outcome,
    conclusion,
    isTest: false,
    started_at: timeOf(at(suite, "created_at")),
    ended_at: timeOf(at(suite, "updated_at")),
    service,
  };
  const subject = { branch: textOf(at(suite, "head_branch")), sha: textOf(at(suite, "head_sha")) };
  const pullRequests = at(suite, "pull_requests");
  const message = textOf(at(suite, "head_commit", "message"));
  return checkEvent(check, { ...subject, payload, pullRequests, message, url: at(suite, "url") }, around);
}

/** A commit status, by which services without checks report. */
export function statusEvent(payload: Loose, around: Surroundings): MappedEvent | undefined {
  const [id, name] = [idOf(payload["id"]), nameOf(payload["context"])];
  const state = textOf(payload["state"]);
  const outcome = outcomeOf(state === "pending" ? undefined : state, false);
  if (id === undefined || name === undefined || outcome === undefined || state === undefined)
    return undefined;
  const sha = textOf(payload["sha"]);
  const when = timeOf(payload["updated_at"]) ?? timeOf(payload["created_at"]);
  const check: Check = {
    key: naturalKey.check(`status-${id}`, state),
    id: `status-${sha ?? ""}-${name}`.slice(0, 255),
    name,
    outcome,
    conclusion: state,
    isTest: runsTests([name], around.rules),
    started_at: outcome === "started" ? when : undefined,
    ended_at: outcome === "started" ? undefined : when,
  };
  // Every branch that holds the commit is listed; only a single one says something.
  const [branch, ...others] = namesOf(payload["branches"], "name");
  const message = textOf(at(payload, "commit", "commit", "message"));
  const subject = { branch: others.length === 0 ? branch : undefined, sha, message };
  return checkEvent(check, { ...subject, payload, url: payload["target_url"] }, around);
}

export function workflowRunEvent(payload: Loose, around: Surroundings): MappedEvent | undefined {
  const run = at(payload, "workflow_run");
  const name = nameOf(at(payload, "workflow", "name")) ?? nameOf(at(run, "name"));
  const check = runOf(
    payload,
    { run, name, kind: "workflow-run", names: [name, nameOf(at(payload, "workflow", "path"))] },
    around,
  );
  if (check === undefined) return undefined;
  const subject = { branch: textOf(at(run, "head_branch")), sha: textOf(at(run, "head_sha")) };
  const message = textOf(at(run, "head_commit", "message"));
  const url = at(run, "html_url");
  return checkEvent(
    check,
    { ...subject, payload, message, pullRequests: at(run, "pull_requests"), url },
    around,
  );
}

export function workflowJobEvent(payload: Loose, around: Surroundings): MappedEvent | undefined {
  const run = at(payload, "workflow_job");
  const workflow = nameOf(at(run, "workflow_name"));
  const job = nameOf(at(run, "name"));
  const name = workflow === undefined || job === undefined ? job : `${workflow} / ${job}`;
  const check = runOf(payload, { run, name, kind: "workflow-job", names: [job] }, around);
  const subject = { branch: textOf(at(run, "head_branch")), sha: textOf(at(run, "head_sha")) };
  return check && checkEvent(check, { ...subject, payload, url: at(run, "html_url") }, around);
}

interface Run {
  readonly run: unknown;
  readonly name: string | undefined;
  readonly kind: string;
  /** What tells whether tests are run. */
  readonly names: readonly (string | undefined)[];
}

function runOf(payload: Loose, { run, name, kind, names }: Run, { rules }: Surroundings): Check | undefined {
  const id = idOf(at(run, "id"));
  const attempt = ordinalOf(at(run, "run_attempt")) ?? 1;
  const isOver = at(payload, "action") === "completed";
  const conclusion = isOver ? textOf(at(run, "conclusion")) : undefined;
  const outcome = outcomeOf(conclusion, isOver);
  if (id === undefined || name === undefined || outcome === undefined) return undefined;
  return {
    key: naturalKey.run(id, attempt, conclusion),
    id: `${kind}-${id}-${attempt}`,
    name,
    outcome,
    conclusion,
    isTest: runsTests(names, rules),
    started_at:
      timeOf(at(run, "run_started_at")) ?? timeOf(at(run, "started_at")) ?? timeOf(at(run, "created_at")),
    ended_at: isOver ? (timeOf(at(run, "completed_at")) ?? timeOf(at(run, "updated_at"))) : undefined,
    service: "github-actions",
    more: { run_attempt: attempt, trigger: nameOf(at(run, "event")) },
  };
}

function checkEvent(check: Check, subject: Subject, around: Surroundings): MappedEvent {
  const { outcome, started_at, ended_at } = check;
  const draft: Draft = {
    ...subjectOf(subject),
    ...(check.isTest ? testDraft(check) : qualityDraft(check)),
    key: check.key,
    at: outcome === "started" ? started_at : ended_at,
    actor: accountActor(at(subject.payload, "sender"), around.rules),
  };
  return eventOf(draft, around);
}

function qualityDraft({
  id,
  name,
  outcome,
  conclusion,
  service,
  more,
  ...times
}: Check): Pick<Draft, "type" | "metadata"> {
  const duration = secondsBetween(times.started_at, times.ended_at);
  const metadata = {
    check_type: name,
    check_id: id,
    service,
    conclusion,
    duration_seconds: duration,
    ...more,
  };
  switch (outcome) {
    case "started":
      return { type: "QualityCheckStarted", metadata: { check_type: name, check_id: id, service, ...more } };
    case "passed":
      return { type: "QualityCheckCompleted", metadata: { ...metadata, passed_quality_gate: true } };
    default:
      return { type: "QualityCheckFailed", metadata: { ...metadata, failure_reason: reasonOf(conclusion) } };
  }
}

function testDraft({
  id,
  name,
  outcome,
  conclusion,
  service,
  more,
  ...times
}: Check): Pick<Draft, "type" | "metadata"> {
  const duration = secondsBetween(times.started_at, times.ended_at);
  const run = { test_suite: name, test_run_id: id, test_runner: service, ...more };
  switch (outcome) {
    case "started":
      return { type: "TestRunStarted", metadata: { ...run, triggered_by: more?.["trigger"] } };
    case "passed":
      return { type: "TestRunCompleted", metadata: { ...run, conclusion, duration_seconds: duration } };
    default: {
      const metadata = {
        ...run,
        conclusion,
        duration_seconds: duration,
        failure_reason: reasonOf(conclusion),
      };
      return { type: "TestRunFailed", metadata };
    }
  }
}

function reasonOf(conclusion = "failure"): string {
  return `ended with ${conclusion.replaceAll("_", " ")}`;
}

function subjectOf({
  payload,
  branch,
  sha,
  pullRequests,
  message,
  url,
}: Subject): Pick<Draft, "sources" | "branch" | "sha" | "url" | "sameIssueAs"> {
  const repo = nameOf(at(payload, "repository", "full_name"));
  const requests = objectsOf(pullRequests);
  const heads = requests
    .map((request) => textOf(at(request, "head", "ref")))
    .filter((ref) => ref !== undefined);
  const numbers = requests
    .map((request) => ordinalOf(request["number"]))
    .filter((number) => number !== undefined);
  const ofRequests =
    repo === undefined ? [] : numbers.map((number) => naturalKey.pullRequest(repo, number, "created"));
  const subject = message?.split("\n", 1)[0];
  return {
    sources: keySources({ branch: [branch, ...heads].filter((ref) => ref !== undefined), subject }),
    branch,
    sha,
    url: addressOf(url),
    sameIssueAs: [...ofRequests.slice(0, 10), ...(sha === undefined ? [] : [naturalKey.commit(sha)])],
  };
}
