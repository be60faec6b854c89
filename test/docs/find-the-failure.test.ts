import { readFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, expect, test } from "vitest";

import { recordFailedRun } from "../../src/cli/failed-run.fixture.ts";
import { run } from "../../src/cli/run.ts";
import { temporaryFolder } from "../../src/cli/run-cli.fixture.ts";
import { ROOT } from "../source-files.ts";
import { commandsIn } from "./commands.ts";
import { fencedCode, type Snippet } from "./snippets.ts";

const path = "docs/guide/find-the-failure.md";
const sessions = fencedCode({ path, text: readFileSync(join(ROOT, path), "utf8") }).filter(
  ({ language }) => language === "console",
);

const folder = temporaryFolder();
const store = join(folder.path, "events");
const zone = process.env["TZ"];
beforeAll(async () => {
  process.env["TZ"] = "Europe/Berlin";
  await recordFailedRun(store);
});
afterAll(() => {
  if (zone === undefined) delete process.env["TZ"];
  else process.env["TZ"] = zone;
  folder[Symbol.dispose]();
});

test("the guide shows a session for each question", () => {
  expect(sessions.length).toBeGreaterThanOrEqual(7);
});

test.each(sessions.map((snippet) => [snippet.text.split("\n", 1)[0], snippet] as const))(
  "the output of %s is real",
  async (_title, snippet) => {
    expect(shownIn(snippet)).toBe(await seen(commandsIn(snippet)[0] ?? []));
  },
);

/** What stands below the prompt. */
function shownIn({ text }: Snippet): string {
  return text.slice(text.indexOf("\n") + 1);
}

/** What a person at a terminal of 80 columns without colours sees. */
async function seen(words: readonly string[]): Promise<string> {
  let text = "";
  const stream = {
    isTTY: true,
    columns: 80,
    on: () => undefined,
    write: (part: string, done: (error?: Error | null) => void) => {
      text += part;
      done();
      return true;
    },
  };
  const io = { stdout: stream, stderr: stream, signal: new AbortController().signal };
  await run({ words: [...words, "--store", store], env: { NO_COLOR: "1" }, cwd: folder.path, ...io });
  return text;
}
