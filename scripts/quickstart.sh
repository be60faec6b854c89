#!/usr/bin/env bash
# From a fresh clone to a real history on disk: installs, builds, and runs the main job on real input.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/install-missing.sh
export PATH="$PWD/node_modules/.bin:$PATH"
[ -f dist/bin/eso.js ] && [ -z "$(find src scripts/build.ts package.json -newer dist/bin/eso.js -type f | head -n 1)" ] || node scripts/build.ts
exec node scripts/quickstart.ts
