#!/usr/bin/env bash
# Everything that must hold before a change lands, cheapest proof first. Until the tests the first
# failure stops the run; the tests, the clients in other languages and the pages are all tried, so
# that one failure does not hide another. The tests build the server that the others are tried
# with. Prints what each step took.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Continuous integration builds what was committed; at a desk a changed manifest may still update
# the lock file.
LOCKED=()
if [[ ${CI:-} == true ]]; then
    LOCKED=(--locked)
    export CARGO_INCREMENTAL=0
fi

# The steps that failed and did not stop the run.
FAILED=()

# Runs and times a step, and remembers it if it fails.
trial() {
    local name=$1 begun=$SECONDS code=0
    shift
    printf '==> %s\n' "$name"
    "$@" || code=$?
    printf '<== %s: %d s, status %d\n' "$name" $((SECONDS - begun)) "$code"
    ((code == 0)) || FAILED+=("$name")
}

# A step that nothing is tried after if it fails.
step() {
    trial "$@"
    ((${#FAILED[@]} == 0)) || exit 1
}

contract() {
    if [[ ! -f .ci/contract.sh ]]; then
        echo ".ci/contract.sh is missing: nothing would check the contract" >&2
        return 1
    fi
    bash .ci/contract.sh
}

# The tests of the SDK run its examples, which `--tests` alone does not build.
tests() {
    cargo build "${LOCKED[@]}" --workspace --examples &&
        bash .ci/postgres.sh run bash .ci/postfix.sh run \
            cargo test "${LOCKED[@]}" --workspace --tests --no-fail-fast
}

step tools bash .ci/tools.sh
step format cargo fmt --all --check
step contract contract
step lint cargo clippy "${LOCKED[@]}" --workspace --all-targets -- -D warnings
step examples cargo test "${LOCKED[@]}" --workspace --doc
trial tests tests
trial python bash sdk/python/check.sh
trial typescript bash sdk/typescript/check.sh
trial conformance bash sdk/conformance/check.sh
trial web bash web/check.sh
printf 'done in %d s\n' "$SECONDS"
((${#FAILED[@]} == 0)) || {
    printf 'failed: %s\n' "${FAILED[*]}" >&2
    exit 1
}
