#!/usr/bin/env bash
# Runs every generator and fails when a committed file is not what it makes.
set -euo pipefail
cd "$(dirname "$0")/.."
node scripts/generate.ts
git diff --exit-code --stat -- schemas docs README.md src || {
  echo "generated files are out of date: run npm run generate and commit" >&2
  exit 1
}
