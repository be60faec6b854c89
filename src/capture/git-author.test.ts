import { expect, it } from "vitest";
import { agentAuthor, authorActor } from "./git-author.ts";

it.each([
  ["Ada Lovelace", "ada@example.org", { type: "user", id: "Ada Lovelace" }],
  ["Claude", "noreply@anthropic.com", { type: "agent", id: "Claude" }],
  ["Claude Monet", "claude@example.org", { type: "user", id: "Claude Monet" }],
  ["claude", "12+claude@users.noreply.github.com", { type: "user", id: "claude" }],
  ["Copilot", "198982749+Copilot@users.noreply.github.com", { type: "agent", id: "Copilot" }],
  ["claude[bot]", "209825114+claude[bot]@users.noreply.github.com", { type: "agent", id: "claude[bot]" }],
  [
    "dependabot[bot]",
    "4+dependabot[bot]@users.noreply.github.com",
    { type: "system", id: "dependabot[bot]" },
  ],
  ["renovate[bot]", "bot@renovateapp.com", { type: "system", id: "renovate[bot]" }],
  ["Ada (aider)", "ada@example.org", { type: "agent", id: "Ada (aider)" }],
  ["Abbott", "abbot@example.org", { type: "user", id: "Abbott" }],
  ["ada@example.org", "ada@example.org", { type: "user", id: "ada" }],
  ["Ada <ada@example.org>", "x@y", { type: "user", id: "Ada" }],
  ["", "ada@example.org", { type: "user", id: "ada" }],
  ["", "", { type: "user", id: "unknown" }],
])("%s <%s>", (name, email, actor) => {
  expect(authorActor({ name, email })).toEqual(actor);
});

it("names the agent that helped, and leaves the commit to its author", () => {
  const ada = { name: "Ada", email: "ada@example.org" };
  const message =
    "x\n\nCo-authored-by: Bob <bob@example.org>\nCo-Authored-By: Claude Opus 4.6 <noreply@anthropic.com>\n\ny";
  expect(agentAuthor(ada, message)).toBe("Claude Opus 4.6");
  expect(authorActor(ada).type).toBe("user");
  expect(agentAuthor(ada, "x\n\nCo-authored-by: Bob <bob@example.org>")).toBeUndefined();
  expect(agentAuthor({ name: "Claude", email: "noreply@anthropic.com" }, "x")).toBe("Claude");
});
