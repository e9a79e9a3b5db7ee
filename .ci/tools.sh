#!/usr/bin/env bash
# Installs what the tests need and the machine lacks: PostgreSQL, Postfix, Chromium, curl, openssl,
# buf, grpcurl and the official validators. Quick when all is there, safe to run again. The first
# five are installed only as root on a system with apt-get, and none is set up to serve this
# machine; elsewhere the script names what is missing and stops. Compilers and toolchains are never
# installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source .ci/lib.sh

BUF_VERSION=1.75.0
GRPCURL_VERSION=v1.9.3
PROTOBUF_JS_VERSION=2.17.0
PROTOVALIDATE_JS_VERSION=1.3.0
PROTOBUF_PY_VERSION=7.36.2
PROTOVALIDATE_PY_VERSION=2.1.0

# One npm call installs all Node packages: a second call without a manifest would prune the packages
# of the first.
NODE_PACKAGES=(
    "@bufbuild/buf@$BUF_VERSION"
    "@bufbuild/protobuf@$PROTOBUF_JS_VERSION"
    "@bufbuild/protovalidate@$PROTOVALIDATE_JS_VERSION"
)
PYTHON_PACKAGES=("protovalidate==$PROTOVALIDATE_PY_VERSION" "protobuf==$PROTOBUF_PY_VERSION")

say() { printf 'tools: %s\n' "$*" >&2; }

need_toolchains() {
    local missing=()
    command -v cargo >/dev/null || missing+=("cargo (Rust 1.95 or newer)")
    command -v cc >/dev/null || missing+=("cc (a C compiler)")
    command -v npm >/dev/null || missing+=("npm (Node 20 or newer)")
    command -v python3 >/dev/null || missing+=("python3 (3.10 or newer, with venv)")
    command -v go >/dev/null || missing+=("go (1.24 or newer)")
    ((${#missing[@]} == 0)) && return 0
    say "missing from PATH:"
    printf '  - %s\n' "${missing[@]}" >&2
    exit 1
}

install_package() {
    retry apt-get -qq install -y --no-install-recommends "$1" </dev/null >/dev/null
}

need_postgres() {
    .ci/postgres.sh find >/dev/null 2>&1 && return 0
    if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
        .ci/postgres.sh find # says what is missing and where it looked
        say "install a PostgreSQL server (Debian: apt-get install postgresql) and run this again"
        exit 1
    fi
    say "installing PostgreSQL"
    export DEBIAN_FRONTEND=noninteractive
    retry apt-get -qq update
    install_package postgresql-common
    # The package would make a cluster of its own and serve it; a machine that tests needs none.
    sed -i 's/^#*create_main_cluster.*/create_main_cluster = false/' \
        /etc/postgresql-common/createcluster.conf
    install_package postgresql
    .ci/postgres.sh find >/dev/null
}

# For the play of the pages in web/.
need_chromium() {
    [[ -n ${CHROMIUM:-} ]] || command -v chromium google-chrome >/dev/null && return 0
    if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
        say "install Chromium (Debian: apt-get install chromium), or name one by CHROMIUM"
        exit 1
    fi
    say "installing Chromium"
    retry apt-get -qq update
    install_package chromium
}

# What an operator has at hand: the guides use them.
need_everyday_tools() {
    local tool
    for tool in curl openssl; do
        command -v "$tool" >/dev/null && continue
        if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
            say "install $tool"
            exit 1
        fi
        say "installing $tool"
        retry apt-get -qq update
        install_package "$tool"
    done
}

# Without a configuration its package starts nothing.
need_postfix() {
    .ci/postfix.sh find >/dev/null 2>&1 && return 0
    if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
        .ci/postfix.sh find # says what is missing
        exit 1
    fi
    say "installing Postfix"
    export DEBIAN_FRONTEND=noninteractive
    retry apt-get -qq update
    debconf-set-selections <<<"postfix postfix/main_mailer_type select No configuration"
    install_package postfix
    .ci/postfix.sh find >/dev/null
}

have_node_package() {
    grep -qs "\"version\": \"${1##*@}\"" "tools/node_modules/${1%@*}/package.json"
}

need_node_packages() {
    local package missing=0
    for package in "${NODE_PACKAGES[@]}"; do
        have_node_package "$package" || missing=1
    done
    ((missing)) || return 0
    say "installing ${NODE_PACKAGES[*]}"
    retry npm install --no-save --no-package-lock --no-audit --no-fund --loglevel=error \
        --prefix tools "${NODE_PACKAGES[@]}" </dev/null >&2
}

need_python_packages() {
    local package missing=0
    for package in "${PYTHON_PACKAGES[@]}"; do
        compgen -G "tools/python/lib/python3*/site-packages/${package/==/-}.dist-info" >/dev/null ||
            missing=1
    done
    ((missing)) || return 0
    say "installing ${PYTHON_PACKAGES[*]}"
    python3 -m venv tools/python
    retry tools/python/bin/pip install --quiet --disable-pip-version-check \
        "${PYTHON_PACKAGES[@]}" </dev/null >&2
}

need_grpcurl() {
    local module=github.com/fullstorydev/grpcurl
    local built
    # No pipe into `grep -q`: it may close early, and pipefail would call a found version missing.
    built=$(go version -m tools/bin/grpcurl 2>/dev/null) || true
    [[ $built == *"$module"*"$GRPCURL_VERSION"* ]] && return 0
    say "installing grpcurl $GRPCURL_VERSION"
    GOBIN="$PWD/tools/bin" GOTOOLCHAIN=local CGO_ENABLED=0 GOFLAGS='' \
        retry go install "$module/cmd/grpcurl@$GRPCURL_VERSION"
}

export HOME="${HOME:-$PWD/tools/home}"
mkdir -p tools/bin "$HOME"
need_toolchains
need_postgres
need_postfix
need_chromium
need_everyday_tools
need_node_packages
need_python_packages
need_grpcurl
say "ready"
