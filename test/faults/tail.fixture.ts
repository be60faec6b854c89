import { openWith } from "./support.ts";

/** A process that follows a store from its start until it has been given so many events, and checks their order. */

const { path, events } = JSON.parse(process.argv[2] ?? "{}") as { path: string; events: number };
const store = await openWith(path);
process.stdout.write("ready\n");
const sequences = new Map<string, number>();
let given = 0;
let position = 0;
for await (const batch of store.subscribe()) {
  for (const event of batch.events) {
    const stream = event.issue_key ?? "global";
    const sequence = (sequences.get(stream) ?? 0) + 1;
    if (event.position !== position + 1)
      throw new Error(`position ${event.position} came behind ${position}`);
    if (event.event_sequence !== sequence)
      throw new Error(`${stream} ${event.event_sequence} came as number ${sequence}`);
    sequences.set(stream, sequence);
    ({ position } = event);
    if (!event.event_type.startsWith("Store")) given++;
  }
  if (given >= events) break;
}
await store.close();
