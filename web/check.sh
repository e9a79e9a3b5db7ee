#!/usr/bin/env bash
# Proves the pages: packages, types, style, the build, and the play of an agent and a supervisor in
# two browsers against the real server. Needs the server's binary (OMNICHANNEL_BINARY, else
# target/debug/omnichannel), Node, and a Chromium (CHROMIUM, else the system's); pictures of the
# pages are in build/pictures afterwards.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

ROOT=$(cd .. && pwd)
source "$ROOT/.ci/lib.sh"
export OMNICHANNEL_BINARY="${OMNICHANNEL_BINARY:-$ROOT/target/debug/omnichannel}"
# The play takes about a minute; one that hangs is told instead of waited for.
PLAY_LIMIT=420

fail() { printf 'web: %s\n' "$*" >&2; exit 1; }
step() { printf 'web: %s (%d s)\n' "$*" "$SECONDS"; }

[[ -x $OMNICHANNEL_BINARY ]] || fail "no server at $OMNICHANNEL_BINARY: build it first"

step "packages and the client"
(cd ../sdk/typescript && node_packages && node scripts/build.mjs)
node_packages

step "types and style"
node_modules/.bin/tsc -p .
node_modules/.bin/biome check --error-on-warnings .

step "build"
node scripts/build.mjs

step "play"
timeout "$PLAY_LIMIT" node play/play.mjs
step "in order"
