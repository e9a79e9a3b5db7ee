#!/usr/bin/env bash
# Checks the contract: its form, its lint rules, that nothing which clients use was broken since
# the committed image, that a break would be noticed, and that reasons, RPC comments and
# docs/errors.md agree, and that docs/reference is what the contract gives. Needs no network.
#
#   bash .ci/contract.sh           check
#   bash .ci/contract.sh accept    make the present contract what later ones are held against, and
#                                  write docs/reference anew
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

BUF="${BUF:-$PWD/tools/node_modules/.bin/buf}"
IMAGE="$PWD/proto/image.binpb"
REASONS=proto/omnichannel/v1/error_reason.proto

fail() { printf 'contract: %s\n' "$*" >&2; exit 1; }

command -v "$BUF" >/dev/null || fail "no buf at $BUF; run .ci/tools.sh or set BUF"

# The contract with its comments, as the generator of docs/reference reads it.
described() { "$BUF" build proto -o -#format=json; }

if [[ ${1:-} == accept ]]; then
    "$BUF" build proto --exclude-source-info -o "$IMAGE"
    described | python3 .ci/reference
    echo "contract: the present contract is what later ones are held against"
    exit 0
fi
(($# == 0)) || fail "unknown argument: $1"

"$BUF" format proto -d --exit-code || fail "not formatted; run: buf format proto -w"
"$BUF" lint
"$BUF" breaking proto --against "$IMAGE"

# A check that never fails proves nothing: break a copy on purpose and expect the refusal to name
# the field.
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT

expect_refusal() {
    local what=$1 file=$2 script=$3 field=$4 said
    rm -rf "${copy:?}"/*
    mkdir "$copy/proto"
    cp -r buf.yaml third_party "$copy/"
    cp -r proto/omnichannel "$copy/proto/"
    (cd "$copy" && "$BUF" breaking proto --against "$IMAGE") || fail "an unchanged copy was refused"
    sed -i "$script" "$copy/proto/omnichannel/v1/$file"
    local changed="$copy/proto/omnichannel/v1/$file"
    ! cmp -s "proto/omnichannel/v1/$file" "$changed" || fail "$what: nothing was changed"
    (cd "$copy" && "$BUF" build proto) || fail "$what: the changed copy does not compile"
    if said=$(cd "$copy" && "$BUF" breaking proto --against "$IMAGE" 2>&1); then
        fail "$what was not noticed"
    fi
    [[ $said == *"$field"* ]] || fail "$what was refused for another reason: $said"
}

expect_refusal "a renamed field" interaction.proto \
    's/string owner_agent_id = 13/string holder_agent_id = 13/' owner_agent_id
expect_refusal "a removed field" interaction.proto \
    '/Timestamp last_message_time = 7;/d' last_message_time
expect_refusal "a changed type" agent_service.proto \
    's/bool open_only = 4/int32 open_only = 4/' open_only
expect_refusal "a lost idempotency promise" agent_service.proto \
    '/rpc AcceptOffer/,/}/ s/_level = IDEMPOTENT/_level = IDEMPOTENCY_UNKNOWN/' AcceptOffer

# Reasons: the enum says which exist; RPC comments name only those, every one is named somewhere,
# each has a chapter.
sorted() { LC_ALL=C sort -u; }
declared=$(sed -n 's/^  ERROR_REASON_\([A-Z_]*\) = .*/\1/p' "$REASONS" |
    grep -v '^UNSPECIFIED$' | sorted)
named=$(awk '
    /^ *\/\/ (Errors|Common errors of every RPC): / { on = 1; sub(/^.*: /, "// ") }
    on { print }
    on && /\.$/ { on = 0 }
' proto/omnichannel/v1/*_service.proto | grep -oE '[A-Z]+_[A-Z_]+|DRAINING' | sorted)
chapters=$(sed -n 's/^## \([A-Z_]*\)$/\1/p' docs/errors.md | sorted)
differ() { LC_ALL=C comm -3 <(printf '%s\n' "$1") <(printf '%s\n' "$2") | tr -s '\t\n' ' '; }
[[ $declared == "$named" ]] ||
    fail "RPC comments and $REASONS disagree on: $(differ "$declared" "$named")"
[[ $declared == "$chapters" ]] ||
    fail "docs/errors.md and $REASONS disagree on: $(differ "$declared" "$chapters")"
[[ $(grep -c '^## ' docs/errors.md) == $(wc -l <<<"$chapters") ]] ||
    fail "docs/errors.md: a reason has two chapters, or a chapter is no reason"

tabled=$(grep -oE '^\| [A-Z_]+ \| \[.*' docs/errors.md |
    grep -oE '\[[A-Z_]+\]' | tr -d '[]' | sorted)
[[ $declared == "$tabled" ]] ||
    fail "the table of docs/errors.md and $REASONS disagree on: $(differ "$declared" "$tabled")"

# The reference: the one that is committed, and none other.
described | python3 .ci/reference --check
if said=$(described | sed 's/Reads one interaction/Reads an interaction/' |
    python3 .ci/reference --check 2>&1); then
    fail "a stale reference was not noticed"
fi
[[ $said == *interaction-service.md* ]] || fail "a stale reference was refused otherwise: $said"

echo "contract: in order"
