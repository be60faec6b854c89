import type { HeadState, LogFigures, Problem, StoreFacts } from "../log/store-facts.ts";

export type Verdict = "ok" | "warn" | "fail";

/** One thing that was looked at. */
export interface Finding {
  readonly check: string;
  readonly verdict: Verdict;
  readonly says: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** A clock that is this far behind the newest event is worth a word. */
const CLOCK_SKEW_MS_MAX = 2_000;
/** Less room than this is worth a word, and less than that stops writers soon. */
const FREE_BYTES_LOW = 1024 ** 3;
const FREE_BYTES_MIN = 64 * 1024 ** 2;
const INDEX_LAG_HIGH = 100_000;

/** Judges what was seen of a store. Every finding that is not ok says what to do. */
export function diagnose(facts: StoreFacts, now_ms: number): Finding[] {
  const findings: (Finding | undefined)[] = [place(facts), writable(facts), room(facts), network(facts)];
  const { store, log } = facts;
  if (store !== undefined) findings.push(format(store), permissions(facts), links(facts), texts(facts));
  if (facts.lock !== undefined) findings.push(lock(facts.lock));
  if (facts.head !== undefined) findings.push(HEADS[facts.head]);
  if (facts.journals !== undefined) findings.push(journals(facts.journals));
  if (log !== undefined) findings.push(events(log));
  if (log !== undefined && !("problem" in log)) {
    findings.push(catalogue(log), index(log), clock(log, now_ms));
  }
  return findings.filter((finding) => finding !== undefined);
}

const ok = (check: string, says: string): Finding => ({ check, verdict: "ok", says });
const warn = (check: string, says: string, advice: string): Finding => ({
  check,
  verdict: "warn",
  says,
  advice,
});
const fail = (check: string, says: string, advice: string): Finding => ({
  check,
  verdict: "fail",
  says,
  advice,
});

function place({ path, place, store }: StoreFacts): Finding {
  if (store !== undefined) return ok("store", path);
  if (place === "folder") return fail("store", `${path} holds no store`, `eso init --store ${quoted(path)}`);
  if (place === "nothing")
    return fail("store", `there is no store at ${path}`, "eso init, or say where it is: --store, ESO_STORE");
  return fail("store", `${path} is not a folder`, "Name another place with --store or ESO_STORE.");
}

function writable({ path, writable }: StoreFacts): Finding {
  if (writable) return ok("writable", "this user can write to it");
  return fail(
    "writable",
    `${path} cannot be written by this user`,
    "Check the folder's owner, permissions and mount.",
  );
}

function room({ free_bytes }: StoreFacts): Finding | undefined {
  if (free_bytes === undefined) return undefined;
  const says = `${inUnits(free_bytes)} free`;
  if (free_bytes < FREE_BYTES_MIN) return fail("disk", says, "Free some space: writers will be refused.");
  return free_bytes < FREE_BYTES_LOW
    ? warn("disk", says, "Free some space before writers are refused.")
    : ok("disk", says);
}

function inUnits(bytes: number): string {
  const mebibytes = bytes / 1024 ** 2;
  return mebibytes < 1024 ? `${mebibytes.toFixed(0)} MiB` : `${(mebibytes / 1024).toFixed(1)} GiB`;
}

function network({ place, network }: StoreFacts): Finding | undefined {
  if (place !== "folder") return undefined;
  if (network === undefined) return ok("file system", "local");
  return fail(
    "file system",
    network,
    "Move the store to a local disk, or set storage.allow_network_file_system if one machine alone writes to it.",
  );
}

function format(store: NonNullable<StoreFacts["store"]>): Finding {
  if ("problem" in store)
    return fail("format", store.problem, store.hint ?? "Restore .store/store.json from a backup.");
  return ok("format", `version ${store.format_version}, store ${store.store_id}`);
}

function permissions({ path, exposed }: StoreFacts): Finding | undefined {
  if (exposed === undefined) return undefined;
  if (exposed.count === 0) return ok("permissions", "only this user can read it");
  const says = `${counted(exposed.count, "entry", "entries")} open to other users, such as ${exposed.examples.join(", ")}`;
  return warn("permissions", says, `chmod -R go-rwx ${quoted(path)}`);
}

function links({ unsafe }: StoreFacts): Finding | undefined {
  if (unsafe === undefined || unsafe.count === 0) return undefined;
  const says = `${counted(unsafe.count, "link or device", "links or devices")} where store files belong, such as ${unsafe.examples.join(", ")}`;
  return fail("links", says, "Move them away; the store does not go through them.");
}

function texts({ texts }: StoreFacts): Finding | undefined {
  if (texts === undefined) return undefined;
  if (texts) return ok("README.md", "explains the folder");
  return warn("README.md", "missing", "eso init writes it and the schemas again.");
}

function lock(state: NonNullable<StoreFacts["lock"]>): Finding {
  if (state === "free" || state === "absent") return ok("lock", "free");
  if (state === "held") {
    const advice =
      "Look for a stopped eso process (ps -e -o pid,stat,args | grep eso); the lock ends with its process.";
    return warn("lock", "held by another process for longer than half a second", advice);
  }
  const advice = "Remove .store/lock.db while no eso process runs; it holds nothing but the lock.";
  return fail("lock", state.problem, state.hint ?? advice);
}

const NEXT_WRITER = "The next command that writes puts this in order by itself, such as eso init.";

const HEADS: Readonly<Record<HeadState, Finding>> = {
  good: ok("head", "written on this boot"),
  absent: warn("head", "missing: the store was never written to, or lost its notes", NEXT_WRITER),
  damaged: warn("head", "half written or damaged; it is only a note", NEXT_WRITER),
  copied: warn("head", "this folder is a copy of a store; it becomes a store of its own", NEXT_WRITER),
  "earlier boot": ok("head", "from before the last boot; checked by the next writer"),
  suspect: warn(
    "head",
    "the disk refused a flush; what was acknowledged is in the journal",
    `Check the disk. ${NEXT_WRITER}`,
  ),
};

function journals({ files, unreadable }: NonNullable<StoreFacts["journals"]>): Finding {
  if (unreadable.length > 0) {
    const says = `${counted(unreadable.length, "journal", "journals")} cannot be read: ${unreadable.join(", ")}`;
    return fail(
      "journal",
      says,
      "Keep a copy of the store as it is, then bring .store/journal back from a backup.",
    );
  }
  if (files > 0) return ok("journal", counted(files, "file", "files"));
  return warn(
    "journal",
    "missing",
    `Events of the last moments may be lost if it was deleted. ${NEXT_WRITER}`,
  );
}

function events(log: LogFigures | Problem): Finding {
  if ("problem" in log) {
    return fail(
      "events",
      log.problem,
      log.hint ?? "Keep a copy of the store as it is; other streams stay readable.",
    );
  }
  return ok("events", counted(log.position, "event", "events"));
}

function catalogue({ position, covered }: LogFigures): Finding | undefined {
  if (covered === "unseen") return undefined;
  if (covered === "lost") return warn("catalogue", "has to be made anew from the files", NEXT_WRITER);
  return ok("catalogue", `covers ${covered} of ${position}; the journal has the rest`);
}

function index({ position, indexed, index_problem }: LogFigures): Finding {
  const lag = Math.max(0, position - indexed);
  if (index_problem !== undefined) return warn("query index", index_problem, "eso index rebuild");
  if (lag > INDEX_LAG_HIGH)
    return warn("query index", `${lag} events behind`, "eso index rebuild, or let the next query do it");
  return ok(
    "query index",
    lag === 0 ? "up to date" : `${counted(lag, "event", "events")} behind; the next query catches up`,
  );
}

function clock({ recorded_at }: LogFigures, now_ms: number): Finding {
  const ahead_ms = recorded_at === undefined ? 0 : Date.parse(recorded_at) - now_ms;
  if (ahead_ms <= CLOCK_SKEW_MS_MAX) return ok("clock", "not behind the newest event");
  const says = `${(ahead_ms / 1000).toFixed(1)} s behind the newest event (${recorded_at})`;
  return warn(
    "clock",
    says,
    "Set the clock. Until it catches up, recorded_at stands still; the order stays right.",
  );
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** A path as a shell takes it. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
