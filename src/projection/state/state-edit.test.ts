import * as fc from "fast-check";
import { expect, test } from "vitest";

import { type GapState, notStarted } from "./orchestration-state.ts";
import { StateEdit } from "./state-edit.ts";

/** Enough ids for lists that are long enough to be indexed. */
const ids = fc.nat({ max: 60 }).map((n) => `gap ${n}`);
const steps = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("put"), id: ids, value: fc.nat({ max: 2 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("take"), id: ids, value: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("sort"), id: ids, value: fc.nat({ max: 2 }) }) },
);

function gap(id: string, value: number): GapState {
  return { gap_id: id, description: String(value) };
}

test("a list does as an array searched from one end to the other does, however long it is", () => {
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 300, size: "max" }), (all) => {
      const edit = new StateEdit(notStarted(null));
      const model: GapState[] = [];
      for (const { kind, id, value } of all) {
        const index = model.findIndex(({ gap_id }) => gap_id === id);
        expect(edit.find("identified_gaps", id)).toEqual(model[index]);
        if (kind === "take") {
          expect(edit.take("identified_gaps", id)).toEqual(model[index]);
          if (index !== -1) model.splice(index, 1);
        } else {
          const item = gap(id, value);
          const behind = model.findLastIndex(({ gap_id }) => gap_id <= id) + 1;
          if (kind === "sort") edit.putInOrder("identified_gaps", item, ({ gap_id }) => gap_id > id);
          else edit.put("identified_gaps", item);
          if (index !== -1) model[index] = item;
          else model.splice(kind === "sort" ? behind : model.length, 0, item);
        }
        expect(edit.state.identified_gaps).toEqual(model);
      }
    }),
    { numRuns: 60 },
  );
});

test("only what changes is touched", () => {
  const touched: string[] = [];
  const edit = new StateEdit(notStarted(null), (key, id) =>
    touched.push(id === undefined ? key : `${key} ${id}`),
  );
  edit.set("events", 0);
  edit.set("events", 1);
  edit.put("identified_gaps", gap("a", 1));
  edit.put("identified_gaps", gap("a", 1));
  edit.put("identified_gaps", gap("a", 2));
  edit.take("identified_gaps", "b");
  edit.clear("commits");
  edit.clear("identified_gaps");
  expect(touched).toEqual(["events", "identified_gaps a", "identified_gaps a", "identified_gaps a"]);
});
