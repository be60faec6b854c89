import { suggest } from "../../event/suggest.ts";
import type { Call } from "../command.ts";
import { COMMANDS, commandNamed } from "../commands.ts";
import type { Paint } from "../colour.ts";
import { familyHelp, helpOf, overview, wrapped } from "../help.ts";
import { padded, safe, type Text } from "../text.ts";
import { type Topic, TOPICS } from "../topics.ts";
import { didYouMean, UsageError } from "../usage-error.ts";

const MEANING_COLUMNS = 78;

/** `eso help`: all commands, one command, or a topic. */
export async function help({ given, out }: Call): Promise<void> {
  await out.lines(linesFor(given.positionals.join(" "), out.paint));
}

function linesFor(asked: string, paint: Paint): readonly Text[] {
  if (asked === "") return overview(paint);
  const command = commandNamed(asked);
  if (command !== undefined) return helpOf(command, paint);
  const topic = Object.hasOwn(TOPICS, asked) ? TOPICS[asked] : undefined;
  if (topic !== undefined) return topicLines(topic, paint);
  const members = COMMANDS.filter(({ name }) => name.startsWith(`${asked} `));
  if (members.length > 0) return familyHelp(asked, members, paint);
  const near = suggest(asked, [...COMMANDS.map(({ name }) => name), ...Object.keys(TOPICS)]);
  throw new UsageError(
    `there is no help about "${asked}"`,
    didYouMean(near) ?? "eso help lists the commands.",
  );
}

function topicLines({ title, rows }: Topic, paint: Paint): readonly Text[] {
  const width = Math.max(...rows.map(([term]) => term.length));
  const lines = rows.flatMap(([term, meaning]) => {
    const [first = "", ...more] = wrapped(meaning, MEANING_COLUMNS - width - 4);
    return [
      safe`  ${paint("key", padded(term, width))}  ${first}`,
      ...more.map((line) => " ".repeat(width + 4) + line),
    ];
  });
  return [paint("heading", title), "", ...lines];
}
