import { hash } from "node:crypto";

import { CursorInvalidError } from "../errors.ts";
import type { EventLogReader } from "../log/event-log.ts";
import type { QueryOrder } from "./filter.ts";

/** A place in one store: everything up to `position`, in this order, has been seen. */
export interface Cursor {
  readonly storeId: string;
  readonly incarnation: string;
  readonly position: number;
  readonly order: QueryOrder;
}

type CursorBody = [
  version: number,
  storeId: string,
  incarnation: string,
  position: number,
  order: QueryOrder,
];

const VERSION = 1;
const CHECK_LENGTH = 8;

/** A text for the user to hand back; it holds no secret and grants nothing. */
export function encodeCursor({ storeId, incarnation, position, order }: Cursor): string {
  const body = JSON.stringify([VERSION, storeId, incarnation, position, order]);
  return Buffer.from(checkOf(body) + body).toString("base64url");
}

/** @throws CursorInvalidError when the text was not made by `encodeCursor`, or was changed since. */
export function decodeCursor(text: string): Cursor {
  const bytes = Buffer.from(text, "base64url");
  const body = bytes.toString().slice(CHECK_LENGTH);
  if (bytes.toString("base64url") !== text || checkOf(body) + body !== bytes.toString()) throw garbled();
  const [version, storeId, incarnation, position, order]: CursorBody = JSON.parse(body);
  if (version !== VERSION) throw garbled();
  return { storeId, incarnation, position, order };
}

/**
 * Reads a cursor for use in a log.
 * @throws CursorInvalidError when it is of another store or incarnation, or lies beyond the log's head.
 */
export function openCursor(text: string, log: EventLogReader, headPosition: number): Cursor {
  const cursor = decodeCursor(text);
  if (cursor.storeId !== log.storeId)
    throw invalid(`it is of store ${cursor.storeId}, this one is ${log.storeId}`);
  if (cursor.incarnation !== log.incarnation) {
    throw invalid("the store was restored or copied since, so that its positions may mean other events");
  }
  if (cursor.position > headPosition) {
    throw invalid(
      `it stands at position ${cursor.position}, but the log ends at ${headPosition}: it was rolled back`,
    );
  }
  return cursor;
}

/** The error for a cursor that is handed back with the other order. */
export function orderMismatch(cursor: Cursor, asked: QueryOrder): CursorInvalidError {
  return new CursorInvalidError(
    "ESO_CURSOR_INVALID",
    `the cursor is of order ${cursor.order}, not ${asked}`,
    {
      hint: `Ask for order ${cursor.order}, or leave the order out.`,
    },
  );
}

function checkOf(body: string): string {
  return hash("sha256", body).slice(0, CHECK_LENGTH);
}

function garbled(): CursorInvalidError {
  return invalid("it is cut, changed, or no cursor at all");
}

function invalid(reason: string): CursorInvalidError {
  return new CursorInvalidError("ESO_CURSOR_INVALID", `the cursor cannot be continued here: ${reason}`, {
    hint: "Start again without a cursor.",
  });
}
