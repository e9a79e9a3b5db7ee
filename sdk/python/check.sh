#!/usr/bin/env bash
# Everything that must hold of the Python client: generated code is what the contract gives; format
# and lint; the wheel alone in an empty environment runs the README's lines and those of the guides;
# mypy and pyright are content with the wheel and with those lines in strict mode; the tests pass
# with the lowest and the highest supported dependencies.
#
#   bash sdk/python/check.sh              all of it
#   bash sdk/python/check.sh generate     make the generated code anew
#
# The server is OMNICHANNEL_BINARY, else one that was built in target/. Environments are kept in
# target/sdk-python, each under the hash of what it was made of. PYTHON names the interpreter, and
# PYTHON_LOWEST that for the lowest versions and the generator, which know none newer than 3.12;
# without it the oldest of 3.10, 3.11 and 3.12 that there is.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
kept="$root/target/sdk-python"
python=${PYTHON:-python3}
mkdir -p "$kept"
source "$root/.ci/lib.sh"
export PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1

fail() { printf 'sdk/python: %s\n' "$*" >&2; exit 1; }

step() {
    local name=$1 begun=$SECONDS
    shift
    printf -- '-- %s\n' "$name"
    "$@" || fail "$name failed"
    printf -- '-- %s: %d s\n' "$name" $((SECONDS - begun))
}

oldest() {
    local candidate
    for candidate in "${PYTHON_LOWEST:-}" python3.10 python3.11 python3.12 "$python"; do
        [[ -n $candidate ]] || continue
        "$candidate" -c 'import sys; sys.exit(sys.version_info >= (3, 13))' 2>/dev/null || continue
        printf '%s\n' "$candidate"
        return 0
    done
    return 1
}

requirements="$here/requirements"
lowest_python=$(oldest) || fail "no Python from 3.10 to 3.12; set PYTHON_LOWEST"
generate=$(python_environment "$kept" generate "$lowest_python" "$requirements/generate.txt")
if [[ ${1:-} == generate ]]; then
    exec "$generate/bin/python" "$here/tools/generate.py"
fi
(($# == 0)) || fail "unknown argument: $1"

OMNICHANNEL_BINARY=$(server_binary "$root") || fail "no server: build one"
export OMNICHANNEL_BINARY

types=$(python_environment "$kept" types "$python" "$requirements/types.txt" \
    "$requirements/highest.txt" "$requirements/test.txt")
lowest=$(python_environment "$kept" lowest "$lowest_python" "$requirements/lowest.txt" \
    "$requirements/test.txt")

build() {
    rm -rf "$kept/wheel"
    "$types/bin/pip" wheel --quiet --no-deps --no-build-isolation --wheel-dir "$kept/wheel" "$here"
    wheel=$(echo "$kept"/wheel/omnichannel-*.whl)
    for folder in "$types" "$lowest"; do
        "$folder/bin/pip" install --quiet --no-deps --no-compile \
            --force-reinstall "$wheel"
    done
}

# The wheel with what it names itself, and nothing else.
empty() {
    rm -rf "$kept/empty" "$kept/readme"
    "$python" -m venv --without-pip "$kept/empty"
    "$types/bin/pip" --python "$kept/empty/bin/python" install --quiet --no-compile "$wheel"
    local brought
    brought=$("$python" -m zipfile -l "$wheel" | tail -n +2 | cut -d/ -f1 |
        grep -v '\.dist-info$' | sort -u)
    [[ $brought == omnichannel ]] || fail "the wheel brings more than its package: $brought"
    "$kept/empty/bin/python" -I "$here/tools/readme.py" "$here/README.md" "$kept/readme"
}

guides() {
    "$kept/empty/bin/python" -I "$here/tools/guides.py" "$root" "$kept/readme" || return 1
    "$kept/empty/bin/python" -I "$here/tools/examples.py" "$root"
}

# What an editor makes of these lines where the wheel alone is installed, and mypy where its stubs
# are too.
types_outside() {
    cat >"$kept/outside.json" <<JSON
{
  "include": ["$kept/readme"],
  "typeCheckingMode": "strict",
  "pythonVersion": "3.10",
  "venvPath": "$kept",
  "venv": "empty"
}
JSON
    "$types/bin/basedpyright" --project "$kept/outside.json" || return 1
    "$types/bin/pip" --python "$kept/empty/bin/python" install --quiet --no-compile \
        --only-binary :all: "${wheel}[types]" || return 1
    (cd "$kept" && "$types/bin/mypy" --strict --scripts-are-modules \
        --cache-dir "$kept/mypy-outside" --python-executable "$kept/empty/bin/python" \
        "$kept"/readme/*.py)
}

mypy_wheel() {
    (cd "$kept" && "$types/bin/mypy" --strict --cache-dir "$kept/mypy" -p omnichannel) || return 1
    (cd "$kept" && "$types/bin/mypy" --strict --scripts-are-modules --cache-dir "$kept/mypy" \
        "$kept"/readme/*.py) || return 1
    (cd "$here/tests" && "$types/bin/mypy" --strict --cache-dir "$kept/mypy" .)
}

pyright_wheel() {
    local packages
    packages=$("$types/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    cat >"$kept/pyrightconfig.json" <<JSON
{
  "include": ["$packages/omnichannel", "$kept/readme"],
  "exclude": ["$packages/omnichannel/v1"],
  "typeCheckingMode": "strict",
  "pythonVersion": "3.10",
  "venvPath": "$kept",
  "venv": "$(basename "$types")"
}
JSON
    "$types/bin/basedpyright" --project "$kept/pyrightconfig.json"
}

tests() {
    (cd "$here/tests" && "$1/bin/python" -m pytest -c ../pyproject.toml --rootdir=.. "${@:2}")
}

# Both at once: most of the time they wait for servers.
both() {
    local first status=0
    tests "$lowest" --durations=3 >"$kept/lowest.log" 2>&1 &
    first=$!
    tests "$types" --durations=3 || status=1
    wait "$first" || status=1
    echo "with the lowest dependencies, on $("$lowest_python" --version):"
    cat "$kept/lowest.log"
    return "$status"
}

step "generated code" "$generate/bin/python" "$here/tools/generate.py" --check
step "lint" "$types/bin/ruff" check --quiet --no-cache "$here"
step "format" "$types/bin/ruff" format --quiet --no-cache --check "$here"
step "wheel" build
step "README in an empty environment" empty
step "guides and examples" guides
step "types of these in the empty environment" types_outside
step "mypy" mypy_wheel
step "pyright" pyright_wheel
step "tests with the highest and the lowest dependencies" both
