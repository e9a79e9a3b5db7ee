#!/usr/bin/env bash
# A throw-away PostgreSQL cluster for tests: its own folder, its own port on the loopback address,
# gone afterwards. It promises a role `omnichannel` that is no superuser and cannot bypass row-level
# security, so that tests see the policies which production sees. It never touches a PostgreSQL that
# was already running.
#
#   .ci/postgres.sh find               print the folder of initdb and pg_ctl, or say what is missing
#   eval "$(.ci/postgres.sh start)"    start one and set the two variables below
#   .ci/postgres.sh stop               stop the one that the variables name, and delete its folder
#   .ci/postgres.sh restart            crash it and start it again on its port, data kept
#   .ci/postgres.sh run COMMAND...     start, run COMMAND with the variables set, stop in any case
#
# `start --durable` and `run --durable` keep fsync on, for measurements.
#
#   OMNICHANNEL_TEST_DATABASE_URL    where tests connect
#   OMNICHANNEL_TEST_POSTGRES_DIR    the cluster's folder, for `stop` and `restart`
set -euo pipefail

PORT_FIRST=20000 # a test port stays below 32768, where the ports of outgoing connections begin
PORT_COUNT=12000
START_ATTEMPTS_MAX=8
START_WAIT_SECONDS=30
CONNECTIONS_MAX=300
ROLE=omnichannel
MARKER=omnichannel-test-cluster # `stop` deletes only a folder that carries it

die() {
    printf 'postgres: %s\n' "$*" >&2
    exit 1
}

# The newest version whose folder holds all we need; the one in PATH goes first. (`return 0`, not
# `return`: in an exit trap the latter answers with the status that the script is leaving with.)
find_bin() {
    local dir
    while read -r dir; do
        if [[ -x $dir/initdb && -x $dir/pg_ctl && -x $dir/psql ]]; then
            printf '%s\n' "$dir"
            return 0
        fi
    done < <(
        dirname "$(readlink -f "$(command -v pg_ctl)" || true)"
        printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV
    )
    die "initdb, pg_ctl and psql not found together in PATH or /usr/lib/postgresql/*/bin"
}

# PostgreSQL refuses to run as root, so root hands the work to the account that its package made.
as_owner() {
    if [[ $(id -u) == 0 ]]; then runuser -u postgres -- "$@"; else "$@"; fi
}

# A folder that the owner can reach: TMPDIR may lie where only root may go.
make_dir() {
    local base dir
    for base in "${TMPDIR:-/tmp}" /tmp /var/tmp; do
        dir=$(mktemp -d "$base/$MARKER.XXXXXX") || continue
        [[ $(id -u) != 0 ]] || chown postgres "$dir"
        if (cd "$dir" && as_owner test -w "$dir"); then
            printf '%s\n' "$dir"
            return 0
        fi
        rmdir "$dir"
    done
    die "no temporary folder that the account postgres can write to"
}

# Nothing may be listening on the port; if somebody takes it before we do, the start fails and the
# next is tried.
free_port() {
    local port attempt
    for ((attempt = 0; attempt < 100; attempt++)); do
        port=$((PORT_FIRST + (RANDOM * 32768 + RANDOM) % PORT_COUNT))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { printf '%s\n' "$port"; return 0; }
    done
    die "no free port from $PORT_FIRST on"
}

configure() {
    local dir=$1 durable=$2
    cat >>"$dir/data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = $CONNECTIONS_MAX
CONF
    [[ $durable == yes ]] && return 0
    cat >>"$dir/data/postgresql.conf" <<CONF
fsync = off
synchronous_commit = off
full_page_writes = off
CONF
}

# Prints the port. The log goes to a file, or the server would hold our caller's pipe open.
launch() {
    local bin=$1 dir=$2 attempt port
    for ((attempt = 0; attempt < START_ATTEMPTS_MAX; attempt++)); do
        port=$(free_port)
        if as_owner "$bin/pg_ctl" -D "$dir/data" -w -t "$START_WAIT_SECONDS" -l "$dir/log" \
            -o "-p $port" start >"$dir/pg_ctl.out" 2>&1 </dev/null; then
            printf '%s\n' "$port"
            return 0
        fi
    done
    cat "$dir/pg_ctl.out" "$dir/log" >&2
    die "the server did not start"
}

start() {
    local durable=no bin dir port
    [[ ${1:-} != --durable ]] || durable=yes
    bin=$(find_bin)
    if [[ $(id -u) == 0 ]]; then
        id postgres >/dev/null 2>&1 ||
            die "root cannot run PostgreSQL and there is no account postgres"
    fi
    dir=$(make_dir)
    CLUSTER=$dir
    cd "$dir" # the account postgres may not be able to enter the folder we came from
    # From here on a failure, or a signal, must not leave a folder or a server behind.
    trap 'remove "$CLUSTER"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    : >"$dir/$MARKER"
    as_owner "$bin/initdb" -D "$dir/data" -A trust -U postgres --no-sync -E UTF8 --locale=C.UTF-8 \
        >"$dir/initdb.out" 2>&1 </dev/null || {
        cat "$dir/initdb.out" >&2
        die "initdb failed"
    }
    configure "$dir" "$durable"
    port=$(launch "$bin" "$dir")
    # Dropping a database ends who is in it; where that is the server's own vacuum, which belongs to
    # no role, only a signaller may.
    "$bin/psql" -h 127.0.0.1 -p "$port" -U postgres -d postgres -qX -v ON_ERROR_STOP=1 </dev/null \
        -c "CREATE ROLE $ROLE LOGIN CREATEDB NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS" \
        -c "GRANT pg_signal_backend TO $ROLE"
    trap - EXIT INT TERM HUP
    printf 'export OMNICHANNEL_TEST_DATABASE_URL=postgres://%s@127.0.0.1:%s/postgres\n' \
        "$ROLE" "$port"
    printf 'export OMNICHANNEL_TEST_POSTGRES_DIR=%q\n' "$dir"
}

remove() {
    local dir=$1 bin
    bin=$(find_bin)
    cd "$dir"
    if [[ -f $dir/data/postmaster.pid ]]; then
        as_owner "$bin/pg_ctl" -D "$dir/data" -w -t "$START_WAIT_SECONDS" -m immediate stop \
            >/dev/null 2>&1 </dev/null || true
    fi
    cd /
    rm -rf -- "$dir"
}

named_dir() {
    local dir=${OMNICHANNEL_TEST_POSTGRES_DIR:-}
    [[ $dir ]] || die "OMNICHANNEL_TEST_POSTGRES_DIR is not set"
    [[ -f $dir/$MARKER ]] || die "$dir is not a cluster that this script made"
    printf '%s\n' "$dir"
}

stop() {
    local dir
    dir=$(named_dir)
    remove "$dir"
}

restart() {
    local dir bin
    dir=$(named_dir)
    bin=$(find_bin)
    cd "$dir"
    as_owner "$bin/pg_ctl" -D "$dir/data" -w -t "$START_WAIT_SECONDS" -m immediate -l "$dir/log" \
        restart >/dev/null 2>&1 </dev/null || die "the server did not come back"
}

# A signal waits until the command has ended: the server never goes before those who use it.
run() {
    local flag='' settings code=0
    [[ ${1:-} != --durable ]] || { flag=--durable; shift; }
    (($# > 0)) || die "run what?"
    settings=$(start $flag)
    eval "$settings"
    trap stop EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    "$@" || code=$?
    exit "$code"
}

case ${1:-} in
find) find_bin ;;
start | stop | restart | run) "$@" ;;
*) die "usage: ${0##*/} find | start [--durable] | stop | restart | run [--durable] COMMAND..." ;;
esac
