/** The README.md inside a store: for whoever finds the folder and has never heard of the tool. */
export const STORE_README = `# An event store

This folder is a record of what people and AI agents did on the issues of a project. It is append-only: one
JSON object per line, and a line that stands here never changes. It belongs to event-sourcing-orchestrator
(command \`eso\`), but everything in it can be read without.

## What is where

| Path | What it is |
|---|---|
| \`{YYYY-MM-DD}/{ISSUE-KEY}/events.jsonl\` | the events of one issue, by the UTC day on which they were recorded |
| \`global/events.jsonl\` | events that belong to no issue; earlier days in \`global/{YYYY-MM-DD}/\` |
| \`schemas/\` | what every event type looks like, as JSON Schema |
| \`schemas/custom/{Type}.json\` | put a JSON Schema here to register an event type of your own |
| \`.store/\` | the engine room: journal, index, attachments (\`blobs/\`), lock |
| \`metadata.json\`, \`index.json\`, \`snapshot-*.json\` | derived: they may be deleted and come back |

Events of the last milliseconds may still lie in \`.store/journal\`; any \`eso\` command sees them.

## How to read it

    cat */PROJ-123/events.jsonl | jq -c '[.event_sequence, .timestamp, .event_type, .actor.id]'
    grep -rh --include=events.jsonl '"event_type":"AgentFailed"' . | jq .metadata
    eso query --issue PROJ-123
    eso export --issue PROJ-123 -o proj-123.jsonl

\`event_sequence\` counts within an issue, \`position\` across the whole store. \`timestamp\` is when it happened,
\`recorded_at\` when it was written down. \`prev_hash\` is the SHA-256 of a zero byte and the previous line of the
same issue, so that a change to any line shows.

## What never to do

- Do not edit, sort, reformat or delete lines, not even wrong ones: log what is right instead.
- Do not delete \`.store/\`, and do not open \`.store/lock.db\` while an \`eso\` process runs.
- Do not put this folder on a network drive or into a synchronised folder.
- Do not copy it while it is written to; \`eso export\` gives a copy that is whole.

## Where the tool is

    npm install -g event-sourcing-orchestrator    # needs Node.js 24 or newer
    eso doctor --store <this folder>
`;

/** Every text that a store brings along, by its path in the store. */
export async function storeTexts(): Promise<Readonly<Record<string, string>>> {
  const { schemaFiles } = await import("../event/schema-files.ts");
  const schemas = Object.entries(schemaFiles()).map(([path, text]) => [`schemas/${path}`, text] as const);
  return { "README.md": STORE_README, ...Object.fromEntries(schemas) };
}
