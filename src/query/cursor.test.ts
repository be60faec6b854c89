import { expect, test } from "vitest";

import { CursorInvalidError } from "../errors.ts";
import { openMemoryLog } from "../engines/memory/memory-log.ts";
import { decodeCursor, encodeCursor, openCursor } from "./cursor.ts";

const log = openMemoryLog({ storeId: "11111111-1111-4111-8111-111111111111" });
const cursor = { storeId: log.storeId, incarnation: log.incarnation, position: 42, order: "desc" } as const;

test("a cursor is read as it was made", () => {
  expect(decodeCursor(encodeCursor(cursor))).toEqual(cursor);
  expect(encodeCursor(cursor)).toMatch(/^[\w-]+$/);
  expect(openCursor(encodeCursor(cursor), log, 42)).toEqual(cursor);
});

test("any changed or missing character makes it invalid", () => {
  const text = encodeCursor(cursor);
  for (let i = 0; i < text.length; i++) {
    const changed = text.slice(0, i) + (text[i] === "A" ? "B" : "A") + text.slice(i + 1);
    expect(() => decodeCursor(changed)).toThrow(CursorInvalidError);
    expect(() => decodeCursor(text.slice(0, i))).toThrow(CursorInvalidError);
  }
  expect(() => decodeCursor(`${text}=`)).toThrow(CursorInvalidError);
});

test.each([
  [{ storeId: "22222222-2222-4222-8222-222222222222" }, "of store"],
  [{ incarnation: "another" }, "restored or copied"],
  [{ position: 43 }, "rolled back"],
])("a cursor with %j is not continued", (change, reason) => {
  const text = encodeCursor({ ...cursor, ...change });
  expect(() => openCursor(text, log, 42)).toThrow(CursorInvalidError);
  expect(() => openCursor(text, log, 42)).toThrow(reason);
});
