import { IntegrityError } from "../../errors.ts";
import type { JsonObject } from "../../event/envelope.ts";
import { dayOf } from "./layout.ts";
import type { LogView } from "./log-view.ts";
import type { Partitions } from "./partitions.ts";
import { keepFragment } from "./quarantine.ts";

const CHECKED_MAX = 200_000;

const LF = 10;

/**
 * Looks, before a process first writes to a stream, whether the stream's file ends where the log left it:
 * lines must not be put behind a hole, nor over bytes that somebody else put there.
 */
export class StreamCheck {
  readonly #view: LogView;
  readonly #partitions: Partitions;
  readonly #kept: (fragment: JsonObject) => void;
  readonly #checked = new Set<string>();

  constructor(view: LogView, partitions: Partitions, kept: (fragment: JsonObject) => void) {
    this.#view = view;
    this.#partitions = partitions;
    this.#kept = kept;
  }

  /** @throws IntegrityError when the stream's file has lost bytes. */
  check(stream: string): void {
    if (this.#checked.has(stream)) return;
    const head = this.#view.headOf(stream);
    if (head.sequence > 0) this.#checkEnd(stream, head);
    if (this.#checked.size >= CHECKED_MAX) this.#checked.clear();
    this.#checked.add(stream);
  }

  #checkEnd(stream: string, head: { day: string; fileEnd: number }): void {
    const size = this.#partitions.size(stream, head.day);
    if (size === head.fileEnd) return;
    if (size > head.fileEnd) {
      this.#cut(stream, head, size);
      return;
    }
    const applied = this.#appliedEnd(stream, head);
    if (size >= applied) return;
    const path = this.#partitions.pathOf(stream, head.day);
    throw new IntegrityError(
      "ESO_LOG_DAMAGED",
      `${path} has ${size} bytes, but the store wrote ${applied}: lines are missing, so nothing is added to ${stream}`,
      {
        hint: "Bring the file back from a backup; other streams take events as before.",
        details: { file: path, offset: size },
      },
    );
  }

  /** Where the file must reach at least: lines that only the journal holds so far do not count. */
  #appliedEnd(stream: string, { day, fileEnd }: { day: string; fileEnd: number }): number {
    const first = this.#view.unapplied[0]?.header.firstPosition ?? Number.POSITIVE_INFINITY;
    let end = fileEnd;
    for (let event = this.#view.tail.last(stream); event !== undefined; event = event.before) {
      if (event.position < first || dayOf(event.recordedMs) !== day) break;
      end = event.fileOffset;
    }
    return end;
  }

  #cut(stream: string, head: { day: string; fileEnd: number }, size: number): void {
    const key = { stream, day: head.day };
    const [last] = this.#partitions.read(key, head.fileEnd - 1, 1);
    // Foreign bytes stand behind a whole line; otherwise the lines themselves were moved, and cutting would hide it.
    if (last !== LF) throw movedLines(this.#partitions.pathOf(stream, head.day), stream, head.fileEnd);
    const surplus = this.#partitions.read(key, head.fileEnd, size - head.fileEnd);
    const path = this.#partitions.pathOf(stream, head.day);
    this.#kept({
      ...keepFragment(this.#view.core, { file: path, offset: head.fileEnd, bytes: surplus }),
      cause: "foreign bytes behind the last event",
    });
    this.#partitions.cut(key, head.fileEnd);
  }
}

function movedLines(path: string, stream: string, offset: number): IntegrityError {
  return new IntegrityError(
    "ESO_LOG_DAMAGED",
    `${path} has no line end at byte ${offset}, where the last event of ${stream} ends: its lines were edited, so nothing is added to it`,
    {
      hint: "Bring the file back from a backup; other streams take events as before.",
      details: { file: path, offset },
    },
  );
}
