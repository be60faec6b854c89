import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  CONFIG_REFERENCE,
  renderConfigReference,
  renderExample,
} from "../../scripts/generate-config-docs.ts";
import { CONFIG_KEYS, DEFAULT_CONFIG } from "./config.ts";
import { parseConfig } from "./load.ts";
import { ORIGINAL_KEYS } from "./original.ts";

const PAGE = readFileSync(CONFIG_REFERENCE, "utf8");

test("the generated page is current (run `node scripts/generate-config-docs.ts`)", () => {
  expect(PAGE).toBe(renderConfigReference());
});

test.each([...CONFIG_KEYS])("%s is documented", (path, key) => {
  expect(PAGE.split("\n")).toContain(path.includes(".") ? `### \`${path}\`` : `## ${path}`);
  expect(PAGE).toContain(key.description);
});

test.each([...ORIGINAL_KEYS])("the original's %s is documented", (path, { message }) => {
  expect(PAGE).toContain(`| \`${path}\` | ${message} |`);
});

test("the example sets every key that has a default, and says what the code says", async () => {
  const { config, given, notes } = await parseConfig(renderExample(), "example.yaml");
  expect(config).toEqual(DEFAULT_CONFIG);
  expect([...given]).toEqual(
    [...CONFIG_KEYS].filter(([, key]) => key.default !== null).map(([path]) => path),
  );
  expect(notes).toEqual([]);
  expect(PAGE).toContain(renderExample());
});

test("the example may be commented in line by line", async () => {
  const text = renderExample().replaceAll(/# (\w+):/g, "$1:");
  expect((await parseConfig(text, "example.yaml")).config).toEqual(DEFAULT_CONFIG);
});
