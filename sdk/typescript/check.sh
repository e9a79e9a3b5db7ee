#!/usr/bin/env bash
# Proves the package as its users get it: builds and packs it, installs the tarball in an empty
# folder, and there checks its types under both module systems and both ends of the range of
# compilers, follows its source maps, and runs the tests against the real server with the highest
# and the lowest dependencies, the README as an ES module and as CommonJS, and the guides. Needs the
# server's binary (OMNICHANNEL_BINARY, else target/debug/omnichannel) and buf (see .ci/tools.sh).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

ROOT=$(cd ../.. && pwd)
source "$ROOT/.ci/lib.sh"
export OMNICHANNEL_BINARY="${OMNICHANNEL_BINARY:-$ROOT/target/debug/omnichannel}"
BIN="$PWD/node_modules/.bin"
HERE=$PWD
CONSUMER="$ROOT/target/typescript/consumer"
# No test takes longer; a hanging one is told instead of waited for.
TEST_TIMEOUT_MS=120000
# What a user downloads, in bytes.
TARBALL_MAX=750000

fail() { printf 'typescript: %s\n' "$*" >&2; exit 1; }
step() { printf 'typescript: %s (%d s)\n' "$*" "$SECONDS"; }

[[ -x $OMNICHANNEL_BINARY ]] || fail "no server at $OMNICHANNEL_BINARY: build it first"

step "packages"
node_packages

step "generated code is fresh, style is kept"
node scripts/generate.mjs --check
"$BIN/biome" check --error-on-warnings .

step "build"
node scripts/build.mjs
node scripts/browser.mjs
rm -rf build
"$BIN/tsc" -p test/tsconfig.json
node --test --test-timeout="$TEST_TIMEOUT_MS" build/unit/*.test.js

step "pack"
rm -rf "$CONSUMER"
mkdir -p "$CONSUMER"
tarball=$(npm pack --loglevel=error --pack-destination "$CONSUMER" | tail -n 1)
"$BIN/publint" run --strict "$CONSUMER/$tarball"
told=$("$BIN/attw" "$CONSUMER/$tarball" --profile node16 --no-color) || fail "types: $told"

say_size() {
    local bytes files
    bytes=$(stat -c %s "$CONSUMER/$tarball")
    files=$(tar -tzf "$CONSUMER/$tarball" | wc -l)
    step "the tarball: $((bytes / 1024)) KiB, $files files"
    ((bytes <= TARBALL_MAX)) || fail "the tarball is larger than $TARBALL_MAX bytes"
}
say_size

step "install in an empty folder"
cd "$CONSUMER"
echo '{ "name": "consumer", "private": true, "type": "module" }' >package.json
retry npm install --no-audit --no-fund --prefer-offline --loglevel=error "./$tarball" \
    "@opentelemetry/api@$(node -p 'require(process.argv[1]).version' \
        "$HERE/node_modules/@opentelemetry/api/package.json")" </dev/null
cp -r "$HERE/test/consumer/." "$HERE/test/outside" .

# One configuration for each way a program may be compiled; types are checked all the way down.
config() {
    cat >"tsconfig.$1.json" <<END
{
  "compilerOptions": {
    "target": "es2022", "lib": ["es2023", "dom", "dom.iterable", "esnext.disposable"],
    "module": "$2", "moduleResolution": "$3", "strict": true, "skipLibCheck": $5,
    "exactOptionalPropertyTypes": true, "noUncheckedIndexedAccess": true,
    "types": ["node"], "typeRoots": ["$HERE/node_modules/@types"], "rootDir": ".", "outDir": "out"
  },
  "include": [$4]
}
END
}
config node16 node16 node16 '"esm.mts", "cjs.cts"' false
config bundler esnext bundler '"esm.mts"' false
config outside nodenext nodenext '"outside"' true
config readme nodenext nodenext '"*.mts", "readme.cts"' true

step "types"
takes() {
    node "$HERE/node_modules/$1/bin/tsc" -p "tsconfig.$2.json" || fail "$1 does not take it: $2"
}
takes typescript-lowest node16
takes typescript bundler
takes typescript node16
node out/esm.mjs
node out/cjs.cjs

step "source maps"
node "$HERE/scripts/maps.mjs" "$CONSUMER"

step "tests against the real server"
"$BIN/tsc" -p tsconfig.outside.json
node --test --test-timeout="$TEST_TIMEOUT_MS" out/outside/*.test.js

step "README"
node "$HERE/scripts/readme.mjs" "$CONSUMER"

step "guides"
node "$HERE/scripts/guides.mjs" "$CONSUMER"

step "tests with the lowest dependencies"
lowest=$(node -p 'Object.entries(require(process.argv[1]).dependencies)
    .map(([name, range]) => name + "@" + range.replace(/^[~^]/, "")).join(" ")' \
    "$HERE/package.json")
# shellcheck disable=SC2086  # names without spaces
retry npm install --no-save --no-audit --no-fund --prefer-offline --loglevel=error \
    $lowest </dev/null
takes typescript-lowest node16
node --test --test-timeout="$TEST_TIMEOUT_MS" out/outside/*.test.js

step "in order"
