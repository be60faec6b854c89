import { expect, test } from "vitest";

import { ConfigError, type EsoError, NotFoundError } from "../errors.ts";
import { printError } from "./failure.ts";
import { Output } from "./output.ts";

async function printed(error: unknown): Promise<string> {
  let text = "";
  const out = new Output(
    {
      write: (piece, done) => {
        text += piece;
        done();
        return true;
      },
      on: () => undefined,
    },
    {},
  );
  await printError(out, error);
  await out.flush();
  return text;
}

const times = (text: string): number => text.match(/did you mean/gi)?.length ?? 0;

const near = { what: "it", suggestions: ["that"] };
test.each<[string, EsoError]>([
  ["nowhere", new NotFoundError("ESO_NOT_FOUND", "there is no it", { details: near })],
  ["in the message", new NotFoundError("ESO_NOT_FOUND", "no it; did you mean that?", { details: near })],
  [
    "in the message, as a sentence",
    new ConfigError("ESO_INVALID_CONFIG", "it is no key. Did you mean that?", {
      details: { path: "it", suggestions: ["that"] },
    }),
  ],
  [
    "in the hint",
    new NotFoundError("ESO_NOT_FOUND", "there is no it", { details: near, hint: "Did you mean that?" }),
  ],
])("what may have been meant is said once when it stands %s", async (_, error) => {
  expect(times(await printed(error))).toBe(1);
});
