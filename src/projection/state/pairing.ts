import type { StoredEvent } from "../../event/envelope.ts";
import { newestOf } from "./look-back.ts";
import { ITEM_ID, type ItemOf, type QualityCheckState, type TestRunState } from "./orchestration-state.ts";
import { present } from "./present.ts";
import type { StateEdit } from "./state-edit.ts";

type PairedList = "quality_checks" | "tests";

/** The start or the end of something that takes a while. */
interface Occurrence {
  readonly event: StoredEvent;
  /** The id that was given. */
  readonly id: string | undefined;
  readonly name: string;
}

interface PairedEnd {
  readonly id: string;
  /** A newer end of the same is known. */
  readonly isOld: boolean;
  /** What the item keeps of its start. */
  readonly start: { readonly started_at?: string; readonly inferred?: true };
}

/** The item that a start opens, with what is `known` of its end if that was recorded before. */
export function pairedStart<K extends PairedList>(
  edit: StateEdit,
  list: K,
  { event, id, name }: Occurrence,
): { readonly id: string; readonly known: Partial<ItemOf<K>> } {
  const { event_id, timestamp } = event;
  const item = id === undefined ? orphan(edit, list, { event, id, name }) : edit.find(list, id);
  const itsId = id ?? event_id;
  if (item === undefined || (item.status !== "running" && item.timestamp < timestamp))
    return { id: itsId, known: {} };
  if (id === undefined) edit.take(list, ITEM_ID[list](item));
  const { started_at = timestamp } = item;
  const known = {
    ...item,
    ...idField(list, itsId),
    started_at: started_at < timestamp ? started_at : timestamp,
  };
  return { id: itsId, known: item.status === "running" ? { ...known, timestamp: known.started_at } : known };
}

/** The item that an end belongs to: by id, else by its cause, else the oldest of its name that runs. */
export function pairedEnd(edit: StateEdit, list: PairedList, occurrence: Occurrence): PairedEnd {
  const { event, id } = occurrence;
  const named = id === undefined ? caused(edit, list, occurrence) : edit.find(list, id);
  const item = named ?? (id === undefined ? oldestRunning(edit, list, occurrence) : undefined);
  const inferred = id === undefined && named === undefined ? (true as const) : undefined;
  return {
    id: id ?? (item === undefined ? event.event_id : ITEM_ID[list](item as never)),
    isOld: item !== undefined && item.status !== "running" && event.timestamp < item.timestamp,
    start: present({ started_at: item?.started_at, inferred }),
  };
}

type Item = QualityCheckState | TestRunState;

function caused(edit: StateEdit, list: PairedList, { event, name }: Occurrence): Item | undefined {
  const item = event.causation_id === undefined ? undefined : edit.find(list, event.causation_id);
  return item?.status === "running" && nameOf(item) === name ? item : undefined;
}

function oldestRunning(edit: StateEdit, list: PairedList, { event, name }: Occurrence): Item | undefined {
  return newest(edit, list)
    .filter((item) => item.status === "running" && nameOf(item) === name && item.timestamp <= event.timestamp)
    .reduce<Item | undefined>(earlierOf, undefined);
}

/** The first end after a start whose own start is not known and that has no id. */
function orphan<K extends PairedList>(
  edit: StateEdit,
  list: K,
  { event, name }: Occurrence,
): ItemOf<K> | undefined {
  return newest(edit, list)
    .filter((item) => item.inferred === true && item.started_at === undefined)
    .filter((item) => nameOf(item) === name && item.timestamp > event.timestamp)
    .reduce<Item | undefined>(earlierOf, undefined);
}

function newest(edit: StateEdit, list: PairedList): readonly Item[] {
  return newestOf<Item>(edit.state[list]);
}

function earlierOf(first: Item | undefined, item: Item): Item {
  return first === undefined || item.timestamp < first.timestamp ? item : first;
}

function nameOf(item: Item): string {
  return "test_suite" in item ? item.test_suite : item.check_type;
}

function idField(list: PairedList, id: string): object {
  return list === "tests" ? { test_run_id: id } : { check_id: id };
}
