import { readdirSync } from "node:fs";

import { errorCode } from "../../capture/error-code.ts";
import { writeStoreTexts } from "../../engines/files/store-texts.ts";
import { storeTexts } from "../../store/store-readme.ts";
import type { Call } from "../command.ts";
import { safe } from "../text.ts";
import { UsageError } from "../usage-error.ts";

/** `eso init`: makes the store, or makes sure that it is whole. */
export async function init({ given, context, out }: Call): Promise<void> {
  const path = await context.storePath();
  const isNew = !hasStore(path);
  const issue = given.text("issue") ?? context.issue;
  const store = await context.writing();
  const written = isNew ? [] : await writeStoreTexts(path, storeTexts, { force: true });
  if (given.flag("json")) {
    await out.json({
      schema: "eso.init/1",
      path,
      store_id: store.storeId,
      created: isNew,
      texts_written: written,
    });
    return;
  }
  const { paint } = out;
  await out.line(safe`${paint("success", isNew ? "made a store" : "the store is there")}  ${path}`);
  const example = issue ?? "PROJ-123";
  const steps = [
    [
      `eso log OrchestrationStarted --issue ${example} -m issue_summary="Try it" -m initial_phase=PLAN`,
      "record a first event",
    ],
    ["eso import git", "record what the repository's commits tell"],
    [`eso show ${example}`, "look at an issue"],
    ["eso doctor", "check that everything is well"],
  ] as const;
  await out.line();
  for (const [command, says] of steps) await out.line(safe`  ${command}\n      ${paint("quiet", says)}`);
}

function hasStore(path: string): boolean {
  try {
    return readdirSync(`${path}/.store`).includes("store.json");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    if (errorCode(error) === "ENOTDIR")
      throw new UsageError(`${path} is not a folder`, "Name another place with --store.");
    throw error;
  }
}
