import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { type Config, DEFAULT_CONFIG, openStore } from "../../src/index.ts";
import { verifyStore } from "../../src/verify/verify-store.ts";
import { scratchFolder } from "./sealed-store.ts";

const DPO = { type: "user", id: "dpo" } as const;

function personalConfig(folder: string): Config {
  const fields = ["CommentPosted.posted_by", "CommentPosted.comment_body:posted_by"];
  return { ...DEFAULT_CONFIG, personal: { fields, keys_folder: join(folder, "keys") } };
}

function comment(index: number, posted_by: string) {
  return {
    event_type: "CommentPosted",
    issue_key: "PROJ-1",
    idempotency_key: `comment:${index}`,
    actor: { type: "user", id: `u-${index % 3}` },
    metadata: { comment_id: String(index), posted_by, comment_body: `said-by-${posted_by}-no-${index}` },
  } as const;
}

/** Whether a text stands in any file under a folder. */
function standsIn(folder: string, text: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && readFileSync(path).includes(text));
}

test("what was recorded of a person is encrypted on disk, readable with the key, and forgotten without", async () => {
  const folder = scratchFolder();
  const path = join(folder, "events");
  const config = personalConfig(folder);
  {
    await using store = await openStore({ path, config });
    for (let index = 0; index < 60; index++)
      await store.logEvent(comment(index, index % 2 === 0 ? "zelda" : "yorick"));
    await store.createSnapshot("PROJ-1");
    for await (const event of store.queryEvents({ text: "said" })) expect(event).toBeUndefined();
    const { comments } = await store.reconstructState("PROJ-1");
    expect(comments.filter(({ posted_by }) => posted_by === "zelda")).toHaveLength(30);
  }
  const outsideSnapshots = standsIn(path, "zelda").filter((file) => !file.includes("snapshot-"));
  expect(outsideSnapshots).toEqual([]);
  {
    await using store = await openStore({ path, config });
    const forgotten = await store.forget("Zelda", { actor: DPO, why: "asked for" });
    expect(forgotten).toMatchObject({ key_destroyed: true });
    expect(forgotten.snapshots_removed).toBeGreaterThan(0);
    const { comments } = await store.reconstructState("PROJ-1");
    expect(comments.filter(({ posted_by }) => posted_by === "[forgotten]")).toHaveLength(30);
    expect(comments.filter(({ posted_by }) => posted_by === "yorick")).toHaveLength(30);
    expect(await store.forget("zelda", { actor: DPO })).toMatchObject({ key_destroyed: false });
  }
  expect(standsIn(path, "zelda")).toEqual([]);
  expect(await verifyStore(path)).toMatchObject({ verdict: "intact", findings: [] });
});

test("a repeated append is still the same fact, also from another process's store object", async () => {
  const folder = scratchFolder();
  const options = { path: join(folder, "events"), config: personalConfig(folder) };
  const acks = [];
  for (let round = 0; round < 3; round++) {
    await using store = await openStore(options);
    acks.push(await store.logEvent(comment(1, "ada")));
  }
  expect(acks.map(({ duplicate }) => duplicate)).toEqual([false, true, true]);
});

test("a person who is spoken of again after being forgotten gets a new key; the old stays forgotten", async () => {
  const folder = scratchFolder();
  await using store = await openStore({ path: join(folder, "events"), config: personalConfig(folder) });
  await store.logEvent(comment(1, "ada"));
  await store.forget("ada", { actor: DPO });
  await store.logEvent(comment(2, "ada"));
  const { comments } = await store.reconstructState("PROJ-1");
  expect(comments.map(({ posted_by }) => posted_by)).toEqual(["[forgotten]", "ada"]);
});

test("without declared fields nothing can be forgotten, and nothing is said to be", async () => {
  await using store = await openStore({ path: join(scratchFolder(), "events") });
  await expect(store.forget("ada", { actor: DPO })).rejects.toThrow("no field is declared personal");
});
