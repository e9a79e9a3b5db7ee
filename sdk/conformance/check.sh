#!/usr/bin/env bash
# Plays one story with every SDK against the real server behind a wire with faults, and fails where
# the matrix in the tree says something else.
#
#   bash sdk/conformance/check.sh             plays everything and compares
#   bash sdk/conformance/check.sh accept      plays everything and writes the matrix
#   bash sdk/conformance/check.sh restarts    a thousand agents, ten restarts; writes docs/proofs
#   bash sdk/conformance/check.sh only NAME…  plays some scenarios
#
# The server is OMNICHANNEL_BINARY, else one built in target/. PYTHON names the interpreter.
# The Rust driver is built here, unless RUST_DRIVER names one; CARGO names the cargo.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
kept="$root/target/conformance"
source "$root/.ci/lib.sh"
mode=${1:-compare}
[[ $# == 0 ]] || shift

fail() { printf 'conformance: %s\n' "$*" >&2; exit 1; }

case $mode in
compare) arguments=() ;;
accept) arguments=(--accept) ;;
only) arguments=(--only "$@") ;;
restarts) arguments=(--report "$root/docs/proofs/restarts.md" "$@") ;;
*) fail "unknown argument: $mode" ;;
esac

OMNICHANNEL_BINARY=$(server_binary "$root") || fail "no server: build one"
export OMNICHANNEL_BINARY PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1
export PYTHONPATH="$root/sdk/python/src"

python_of() {
    local needs="$root/sdk/python/requirements"
    python_environment "$root/target/sdk-python" types "${PYTHON:-python3}" \
        "$needs/types.txt" "$needs/highest.txt" "$needs/test.txt"
}

# The package as the Node driver's own dependency; its build is made anew.
node_of() {
    (
        cd "$root/sdk/typescript"
        node_packages
        node scripts/build.mjs
    ) >&2
    mkdir -p "$kept/node_modules/@omnichannel" "$kept/node_modules/@bufbuild"
    ln -sfn "$root/sdk/typescript" "$kept/node_modules/@omnichannel/sdk"
    ln -sfn "$root/sdk/typescript/node_modules/@bufbuild/protobuf" \
        "$kept/node_modules/@bufbuild/protobuf"
    cp "$here/drivers/node.mjs" "$kept/"
    printf '%s\n' "$kept/node.mjs"
}

rust_of() {
    if [[ -n ${RUST_DRIVER:-} ]]; then
        printf '%s\n' "$RUST_DRIVER"
        return 0
    fi
    (cd "$root" && ${CARGO:-cargo} build --quiet --workspace --example conformance) >&2
    printf '%s\n' "$root/target/debug/examples/conformance"
}

environment=$(python_of) || fail "no Python environment"
node_driver=$(node_of) || fail "the Node driver cannot be made"
rust_driver=$(rust_of) || fail "the Rust driver cannot be built"
if [[ $mode == compare ]]; then
    "$environment/bin/ruff" check --quiet --no-cache "$here"
    "$environment/bin/ruff" format --quiet --no-cache --check "$here"
    (cd "$here" && MYPYPATH="$PYTHONPATH:runner:drivers" \
        "$environment/bin/mypy" --strict --no-error-summary --cache-dir "$kept/mypy" runner drivers)
    (cd "$root/sdk/typescript" &&
        npx --no-install biome check --error-on-warnings --config-path=. "$here/drivers/node.mjs")
fi
program=run.py
[[ $mode != restarts ]] || program=restarts.py
exec "$environment/bin/python" "$here/runner/$program" --node "$node_driver" --rust "$rust_driver" \
    --contract "$root/proto/omnichannel/v1/error_reason.proto" "${arguments[@]}"
