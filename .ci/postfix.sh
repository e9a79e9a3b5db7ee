#!/usr/bin/env bash
# A throw-away Postfix for tests: its own configuration, queue, mailboxes and ports on the loopback
# address, gone afterwards. It stands for the mail of the rest of the world: it relays for everybody
# on this machine, delivers to our server, to mailboxes that tests read, and bounces what has none.
# It never touches a Postfix that was already there.
#
#   .ci/postfix.sh find             print the folder of its daemons, or say what is missing
#   .ci/postfix.sh run COMMAND...   start one, run COMMAND with the variables set, stop in any case
#
#   OMNICHANNEL_TEST_POSTFIX_PORT         takes everything and bounces later what it cannot deliver
#   OMNICHANNEL_TEST_POSTFIX_STRICT_PORT  refuses at once a mailbox that is not there
#   OMNICHANNEL_TEST_POSTFIX_DIR          its folder; maildirs are below mail/
#
# Addresses say where they lead, so that one Postfix serves every test at the same time:
#   anybody@p<PORT>.desk.test   by SMTP to 127.0.0.1:<PORT>, from 12000 to 19999
#   c<NUMBER>@customers.test    a maildir mail/c<NUMBER>/, from 0 to 9999; others do not exist
#   anybody@dead.test           nobody listens; given up after a few seconds
set -euo pipefail

PORT_FIRST=20000 # a test port stays below 32768, where the ports of outgoing connections begin
PORT_COUNT=12000
START_ATTEMPTS_MAX=8
MARKER=omnichannel-test-postfix # only a folder that carries it is deleted
MESSAGE_BYTES_MAX=41943040

die() {
    printf 'postfix: %s\n' "$*" >&2
    exit 1
}

find_daemons() {
    local dir
    dir=$(PATH=$PATH:/usr/sbin postconf -dh daemon_directory 2>/dev/null) || true
    [[ -n $dir && -x $dir/master ]] ||
        die "no Postfix here (Debian: apt-get install postfix, without configuration)"
    printf '%s\n' "$dir"
}

free_port() {
    local port attempt
    for ((attempt = 0; attempt < 100; attempt++)); do
        port=$((PORT_FIRST + (RANDOM * 32768 + RANDOM) % PORT_COUNT))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { printf '%s\n' "$port"; return 0; }
    done
    die "no free port from $PORT_FIRST on"
}

write_settings() {
    local dir=$1 nobody
    nobody=$(id -u nobody)
    cat >"$dir/etc/main.cf" <<CONF
compatibility_level = 3.6
myhostname = relay.test
mydomain = test
config_directory = $dir/etc
queue_directory = $dir/queue
data_directory = $dir/data
maillog_file = $dir/log
maillog_file_prefixes = $dir
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_recipient_restrictions =
smtpd_reject_unlisted_recipient = no
smtpd_client_connection_count_limit = 0
message_size_limit = $MESSAGE_BYTES_MAX
mydestination =
local_transport = error:nobody is at home
local_recipient_maps =
alias_maps =
alias_database =
transport_maps = texthash:$dir/etc/transport
virtual_mailbox_domains = customers.test
virtual_mailbox_base = $dir/mail
virtual_mailbox_maps = texthash:$dir/etc/mailboxes
virtual_mailbox_limit = 0
virtual_minimum_uid = 1
virtual_uid_maps = static:$nobody
virtual_gid_maps = static:$(id -g nobody)
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtp_tls_security_level = may
smtp_connection_cache_on_demand = no
smtpd_tls_security_level = none
smtputf8_enable = yes
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
maximal_queue_lifetime = 5s
bounce_queue_lifetime = 5s
delay_warning_time = 0
notify_classes =
CONF
    local number
    {
        for ((number = 12000; number < 20000; number++)); do
            printf 'p%d.desk.test smtp:[127.0.0.1]:%d\n' "$number" "$number"
        done
        echo 'dead.test smtp:[127.0.0.1]:9'
    } >"$dir/etc/transport"
    for ((number = 0; number < 10000; number++)); do
        printf 'c%d@customers.test c%d/\n' "$number" "$number"
    done >"$dir/etc/mailboxes"
}

# The services of its process table; `n` in the fifth column: nothing runs in a jail.
write_services() {
    local dir=$1 port=$2 strict=$3
    cat >"$dir/etc/master.cf" <<CONF
127.0.0.1:$port inet n - n - - smtpd
127.0.0.1:$strict inet n - n - - smtpd
  -o smtpd_reject_unlisted_recipient=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
CONF
}

# Whether it says hello; if somebody took a port before us, its master has ended.
answers() {
    local port=$1 attempt hello
    for ((attempt = 0; attempt < 100; attempt++)); do
        if exec 3<>"/dev/tcp/127.0.0.1/$port"; then
            read -r -t 5 hello <&3 || hello=''
            exec 3>&-
            [[ $hello != "220 relay.test"* ]] || return 0
        fi 2>/dev/null
        sleep 0.1
    done
    return 1
}

start() {
    local attempt
    for ((attempt = 0; attempt < START_ATTEMPTS_MAX; attempt++)); do
        PORT=$(free_port)
        STRICT=$(free_port)
        write_services "$DIR" "$PORT" "$STRICT"
        if postfix -c "$DIR/etc" start >"$DIR/start.out" 2>&1 </dev/null && answers "$PORT"; then
            return 0
        fi
        postfix -c "$DIR/etc" abort >/dev/null 2>&1 </dev/null || true
    done
    cat "$DIR/start.out" "$DIR/log" >&2 || true
    die "it did not start"
}

remove() {
    postfix -c "$DIR/etc" abort >/dev/null 2>&1 </dev/null || true
    [[ ! -f $DIR/$MARKER ]] || rm -rf -- "$DIR"
}

# A signal waits until the command has ended: the relay never goes before those who use it.
run() {
    local code=0
    (($# > 0)) || die "run what?"
    find_daemons >/dev/null
    [[ $(id -u) == 0 ]] || die "its master runs as root only"
    PATH=$PATH:/usr/sbin
    DIR=$(mktemp -d "/tmp/$MARKER.XXXXXX")
    : >"$DIR/$MARKER"
    trap remove EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    mkdir "$DIR/etc" "$DIR/queue" "$DIR/data" "$DIR/mail"
    chmod 755 "$DIR"
    chown postfix "$DIR/data"
    chown nobody "$DIR/mail"
    write_settings "$DIR"
    start
    export OMNICHANNEL_TEST_POSTFIX_PORT=$PORT OMNICHANNEL_TEST_POSTFIX_STRICT_PORT=$STRICT
    export OMNICHANNEL_TEST_POSTFIX_DIR=$DIR
    "$@" || code=$?
    exit "$code"
}

case ${1:-} in
find) find_daemons ;;
run) "$@" ;;
*) die "usage: ${0##*/} find | run COMMAND..." ;;
esac
