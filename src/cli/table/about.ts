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
