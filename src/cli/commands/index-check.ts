import type { Call } from "../command.ts";
import type { ExitCode } from "../exit-codes.ts";
import { grouped } from "../progress.ts";
import { safe } from "../text.ts";
import { indexOf } from "./index-rebuild.ts";

/** `eso index check`: compares the query index with the log. */
export async function indexCheck({ given, context, out, err }: Call): Promise<ExitCode> {
  const store = await context.reading();
  const index = indexOf(store);
  const problems = await index.check(store.log);
  const stats = await index.stats();
  const { position } = await store.log.head();
  const lag = Math.max(0, position - stats.events);
  if (given.flag("json")) {
    await out.json({
      schema: "eso.index-check/1",
      ok: problems.length === 0,
      events: stats.events,
      lag_events: lag,
      problems,
    });
  } else if (problems.length === 0) {
    const behind = lag === 0 ? "" : `; ${grouped(lag)} newer events come at the next query`;
    await out.line(`the index says what the log says: ${grouped(stats.events)} events${behind}`);
  } else {
    await out.lines(problems);
    await err.line(safe`  ${err.paint("quiet", "do")}   eso index rebuild`);
  }
  return problems.length === 0 ? 0 : 1;
}
