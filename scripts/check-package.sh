#!/usr/bin/env bash
# Packs the package and uses it in an empty folder, as somebody who installs it would.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm pack --silent --ignore-scripts --pack-destination "$work" > /dev/null
cd "$work"
echo '{ "private": true, "type": "module" }' > package.json
npm install --no-audit --no-fund --loglevel=error ./event-sourcing-orchestrator-*.tgz
export PATH="$work/node_modules/.bin:$PATH"
eso --store store log ErrorOccurred --issue PACK-1 --actor system:check --meta error_type=none --meta error_message=none --json > ack.json
grep -q '"event_sequence": *1' ack.json
# What is loaded only when it is needed must be there too: YAML, RE2, JSON Schema, CEL.
printf 'session:\n  default: packed\nissue_key:\n  pattern: "^pack-[a-z0-9]+$|^PACK-[0-9]+$"\n' > eso.yaml
[ "$(eso --config eso.yaml config get session.default)" = packed ]
mkdir -p store/schemas/custom
echo '{ "type": "object", "properties": { "where": { "type": "string" } }, "required": ["where"] }' > store/schemas/custom/Deployed@1.0.0.json
eso --store store --config eso.yaml log Deployed --issue pack-7a --actor system:check --meta where=here > /dev/null
eso --store store --config eso.yaml bisect PACK-1 'size(errors) > 0' > /dev/null
cat > use.mjs <<'JS'
import { openStore } from "event-sourcing-orchestrator";
import { eventLogSuite } from "event-sourcing-orchestrator/testing";
await using store = await openStore({ path: "store" });
const events = await Array.fromAsync(store.queryEvents({ issueKey: "PACK-1" }));
if (events.length !== 1 || typeof eventLogSuite !== "function") throw new Error("the package does not work");
JS
node use.mjs
echo "the packed package installs and runs"
