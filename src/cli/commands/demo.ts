import process from "node:process";
import { resolve } from "node:path";

import { simulate } from "../../demo/simulate.ts";
import { openStore } from "../../open.ts";
import type { Call } from "../command.ts";
import { parseTime } from "../moment.ts";
import { grouped, Progress } from "../progress.ts";
import { shellWord } from "../shell-word.ts";
import { UsageError } from "../usage-error.ts";

const FOLDER = "eso-demo";
const BATCH = 200;
const DAY_MS = 86_400_000;

/** `eso demo`: fills a store of its own with a simulated quarter of a team's work. */
export async function demo({ given, context, out, err, signal }: Call): Promise<void> {
  const path = resolve(context.cwd, given.text("store") ?? FOLDER);
  const until = untilOf(given.text("until"));
  const seed = given.count("seed", 0) ?? 1;
  const orchestrations = given.count("orchestrations") ?? 200;
  const events = simulate({ until, seed, orchestrations, days: given.count("days") ?? 90 });
  await using store = await openStore({ path });
  await refuseOthers(store.streams(), path);
  using progress = new Progress(process.stderr, {
    label: "simulating",
    unit: "events",
    total: events.length,
  });
  let fresh = 0;
  for (let at = 0; at < events.length && !signal.aborted; at += BATCH) {
    const acks = await store.logEvents(events.slice(at, at + BATCH));
    fresh += acks.filter(({ duplicate }) => !duplicate).length;
    progress.add(acks.length);
  }
  if (given.flag("json")) {
    await out.json({
      schema: "eso.demo/1",
      store: path,
      seed,
      orchestrations,
      events: events.length,
      recorded: fresh,
    });
    return;
  }
  await out.line(
    `${path}: ${grouped(events.length)} events of ${orchestrations} orchestrations, ${grouped(fresh)} recorded now`,
  );
  await out.flush();
  const where = `--store ${shellWord(given.text("store") ?? FOLDER)}`;
  await err.line(`Try: eso ls ${where} · eso show SHOP-1 ${where} · eso stats agents ${where}`);
}

/** Midnight UTC by default, so that a second call on the same day adds nothing. */
function untilOf(text: string | undefined): number {
  if (text === undefined) return Math.floor(Date.now() / DAY_MS) * DAY_MS;
  return Date.parse(parseTime(text, { now: Date.now() }));
}

async function refuseOthers(
  streams: AsyncIterable<{ readonly stream: string }>,
  path: string,
): Promise<void> {
  for await (const { stream } of streams) {
    if (stream.startsWith("SHOP-")) return;
    throw new UsageError(
      `${path} holds other events`,
      `A demonstration has a store of its own: leave --store out, and it is ${FOLDER}.`,
    );
  }
}
