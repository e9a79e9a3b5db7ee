#!/usr/bin/env bash
# Everything that must hold before a change lands, cheapest proof first; the first failure stops the
# run. Prints what each step took. The tests come last, after the examples in the documentation, so
# that the last summary to read is theirs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Continuous integration builds what was committed; at a desk a changed manifest may still update
# the lock file.
LOCKED=()
if [[ ${CI:-} == true ]]; then
    LOCKED=(--locked)
    export CARGO_INCREMENTAL=0
fi

step() {
    local name=$1 begun=$SECONDS code=0
    shift
    printf '==> %s\n' "$name"
    "$@" || code=$?
    printf '<== %s: %d s, status %d\n' "$name" $((SECONDS - begun)) "$code"
    ((code == 0)) || exit "$code"
}

contract() {
    if [[ ! -f .ci/contract.sh ]]; then
        echo ".ci/contract.sh is missing: nothing would check the contract" >&2
        return 1
    fi
    bash .ci/contract.sh
}

step tools bash .ci/tools.sh
step format cargo fmt --all --check
step contract contract
step lint cargo clippy "${LOCKED[@]}" --workspace --all-targets -- -D warnings
step examples cargo test "${LOCKED[@]}" --workspace --doc
step tests bash .ci/postgres.sh run bash .ci/postfix.sh run \
    cargo test "${LOCKED[@]}" --workspace --tests
printf 'done in %d s\n' "$SECONDS"
