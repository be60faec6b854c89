#!/usr/bin/env bash
# `npm test`: installs what is missing, builds, and runs the whole suite. Arguments go to vitest.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/install-missing.sh
export PATH="$PWD/node_modules/.bin:$PATH"
for tool in strace openssl python3 git; do
  command -v "$tool" > /dev/null || echo "note: $tool is not here; the tests that need it are skipped" >&2
done
tsc -p tsconfig.json
node scripts/build.ts
exec vitest run "$@"
