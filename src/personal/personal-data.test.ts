import { randomBytes } from "node:crypto";

import * as fc from "fast-check";
import { expect, test } from "vitest";

import type { EventInput, StoredEvent } from "../event/envelope.ts";
import { PersonalData } from "./personal-data.ts";
import { personalFields } from "./personal-fields.ts";
import type { SubjectKeys } from "./subject-keys.ts";

/** Keys that live in a map. */
function keysInMemory(): SubjectKeys {
  const keys = new Map<string, Buffer>();
  return {
    pseudonymOf,
    obtain(subject) {
      const pseudonym = pseudonymOf(subject);
      const key = keys.get(pseudonym) ?? randomBytes(32);
      keys.set(pseudonym, key);
      return { pseudonym, key };
    },
    find: (pseudonym) => keys.get(pseudonym),
    destroy: (pseudonym) => keys.delete(pseudonym),
  };
}

const FIELDS = personalFields([
  "CommentPosted.posted_by",
  "CommentPosted.comment_body:posted_by",
  "*.author",
]);

function comment(posted_by: string, comment_body: string): EventInput {
  return {
    event_id: "5f0e6a0c-94b1-4a3e-9d0a-2f6a6f2f3c11",
    event_type: "CommentPosted",
    actor: { type: "user", id: "u-1" },
    metadata: { comment_id: "7", posted_by, comment_body },
  };
}

const stored = (input: EventInput): StoredEvent => input as unknown as StoredEvent;

test("what is protected cannot be read in the event, and comes back whole while the key is there", () => {
  const texts = fc
    .string({ minLength: 1, unit: "grapheme" })
    .filter((text) => !text.startsWith("personal:v1:"));
  fc.assert(
    fc.property(texts, texts, (who, said) => {
      const keys = keysInMemory();
      const personal = new PersonalData(FIELDS, keys);
      const input = comment(who, said);
      const sealed = personal.protect(input);
      const metadata = sealed.metadata as Record<string, string>;
      expect(metadata["comment_id"]).toBe("7");
      expect(metadata["posted_by"]).toMatch(/^personal:v1:[0-9a-f]{16}:[\w-]+$/);
      expect(metadata["comment_body"]).toMatch(/^personal:v1:/);
      expect(personal.reveal(stored(sealed)).metadata).toEqual(input.metadata);
      expect(personal.protect(input)).toEqual(sealed);
      keys.destroy(keys.pseudonymOf(who));
      expect(personal.reveal(stored(sealed)).metadata).toMatchObject({
        posted_by: "[forgotten]",
        comment_body: "[forgotten]",
      });
    }),
  );
});

test("a sealed value opens in its own event and field only, and not when a letter was changed", () => {
  const personal = new PersonalData(FIELDS, keysInMemory());
  const sealed = personal.protect(comment("ada", "hello"));
  const { posted_by, comment_body } = sealed.metadata as Record<string, string>;
  const elsewhere = stored({ ...sealed, event_id: "00000000-0000-4000-8000-000000000001" });
  expect(personal.reveal(elsewhere).metadata["posted_by"]).toBe("[forgotten]");
  const swapped = stored({
    ...sealed,
    metadata: { posted_by: comment_body ?? "", comment_body: posted_by ?? "" },
  });
  expect(personal.reveal(swapped).metadata["posted_by"]).toBe("[forgotten]");
  const at = (posted_by?.length ?? 0) - 5;
  const changed = `${posted_by?.slice(0, at)}${posted_by?.[at] === "A" ? "B" : "A"}${posted_by?.slice(at + 1)}`;
  expect(
    personal.reveal(stored({ ...sealed, metadata: { posted_by: changed } })).metadata["posted_by"],
  ).not.toBe("ada");
});

test("fields that are not declared, numbers and empty texts stay as they are", () => {
  const personal = new PersonalData(FIELDS, keysInMemory());
  const event: EventInput = {
    event_type: "WorklogAdded",
    actor: { type: "user", id: "u-1" },
    metadata: { time_spent_seconds: 60, author: "", worklog_description: "ada" },
  };
  expect(personal.protect(event)).toBe(event);
  expect(personal.protect({ ...event, metadata: { author: "ada" } }).event_id).toMatch(/^[0-9a-f-]{36}$/);
});

test.each(["", "Type", "type.field", "A.b:c:d", "*.*", "A.b "])("%j names no field", (entry) => {
  expect(() => personalFields([entry])).toThrow("names no field");
});

function pseudonymOf(subject: string): string {
  return Buffer.from(subject).toString("hex").padEnd(16, "0").slice(0, 16);
}
