import type { CommandGroup } from "../command.ts";
import { JSON_OPTION } from "../options.ts";

const SHELLS = ["bash", "zsh", "fish", "pwsh"] as const;

/** Commands about eso itself. */
export const ABOUT: CommandGroup = {
  title: "About eso",
  commands: [
    {
      name: "help",
      summary: "Show help about a command, or about exit-codes, moments, environment",
      arguments: [{ name: "topic", optional: true, repeats: true, completes: "command" }],
      examples: [
        { command: "eso help", says: "All commands" },
        { command: "eso help query", says: "One command; the same as eso query --help" },
        { command: "eso help exit-codes", says: "What the exit codes mean" },
      ],
      load: async () => (await import("../commands/help.ts")).help,
    },
    {
      name: "demo",
      summary: "Fill a store of its own with a simulated quarter of a team's work",
      details:
        "The same seed and end give the same events, and what the simulated team is really like is known: reports can " +
        "be held against it. Writes to ./eso-demo unless --store says otherwise, never into a store with other events.",
      options: [
        { name: "orchestrations", value: "N", summary: "Pieces of work (default 200)" },
        { name: "days", value: "N", summary: "Over so many days (default 90)" },
        { name: "until", value: "TIME", summary: "The end of the story (default today 00:00 UTC)" },
        { name: "seed", value: "N", summary: "Another seed is another team history (default 1)" },
        JSON_OPTION,
      ],
      examples: [
        { command: "eso demo", says: "About 9,000 events in ./eso-demo" },
        { command: "eso demo --orchestrations 50 --seed 7", says: "Another, smaller team" },
      ],
      load: async () => (await import("../commands/demo.ts")).demo,
    },
    {
      name: "version",
      summary: "Show the version of eso",
      options: [JSON_OPTION],
      examples: [
        { command: "eso version", says: "The version" },
        { command: "eso version --json", says: "With Node.js and platform, for bug reports" },
      ],
      load: async () => (await import("../commands/version.ts")).version,
    },
    {
      name: "completion",
      summary: "Print the completion script of a shell",
      arguments: [{ name: "shell", completes: SHELLS }],
      examples: [
        { command: "eso completion bash > ~/.local/share/bash-completion/completions/eso", says: "bash" },
        { command: "eso completion zsh > ~/.zfunc/_eso", says: "zsh, with ~/.zfunc in fpath" },
        { command: "eso completion fish > ~/.config/fish/completions/eso.fish", says: "fish" },
        {
          command: "eso completion pwsh | Out-String | Invoke-Expression",
          says: "PowerShell, in its profile",
        },
      ],
      load: async () => (await import("../commands/completion.ts")).completion,
    },
    {
      name: "__complete",
      summary: "Completes the last of the words",
      arguments: [{ name: "word", optional: true, repeats: true }],
      examples: [],
      hidden: true,
      load: async () => (await import("../commands/complete.ts")).complete,
    },
  ],
};
