import type { ItemOf, ListKey, OrchestrationState } from "../state/orchestration-state.ts";
import type { StateChange } from "./state-change.ts";

type ItemChange = Exclude<StateChange, { kind: "set" }>;

/**
 * The state that a diff leads to: `applyDiff(A, diff(A, B))` is B, the order of lists included. Neither the state
 * nor the diff is changed.
 *
 * @example
 * ```ts
 * const { before, after, changes } = await store.diffStates("PROJ-123", { sequence: 10 }, { sequence: 40 });
 * console.log(applyDiff(before, changes).status === after.status); // true
 * ```
 */
export function applyDiff(state: OrchestrationState, changes: readonly StateChange[]): OrchestrationState {
  const next: Record<string, unknown> = structuredClone({ ...state });
  const byList = new Map<ListKey, ItemChange[]>();
  for (const change of changes) {
    if (change.kind === "set") next[change.key] = change.after;
    else byList.set(change.key, [...(byList.get(change.key) ?? []), change]);
  }
  for (const [key, ofList] of byList) next[key] = structuredClone(applied(state[key], ofList));
  return next as unknown as OrchestrationState;
}

function applied(list: readonly ItemOf<ListKey>[], changes: readonly ItemChange[]): ItemOf<ListKey>[] {
  const slots: (ItemOf<ListKey> | undefined)[] = [...list];
  const arriving: { readonly to: number; readonly item: ItemOf<ListKey> }[] = [];
  for (const change of changes) {
    if (change.kind === "changed") slots[change.from] = change.after;
    else if (change.kind !== "added") slots[change.from] = undefined;
    if (change.kind === "added" || change.kind === "moved")
      arriving.push({ to: change.to, item: change.after });
  }
  const next = slots.filter((item) => item !== undefined);
  // Lowest index first: whatever stands before it is then in place.
  for (const { to, item } of arriving.sort((a, b) => a.to - b.to)) next.splice(to, 0, item);
  return next;
}
