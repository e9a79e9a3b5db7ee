# What several scripts of the proof need; they source it.

ATTEMPTS_MAX=3

# A download may fail once for no reason of ours; a missing package fails every time and is reported
# as it is.
retry() {
    local attempt=1
    until "$@"; do
        if ((attempt >= ATTEMPTS_MAX)); then
            printf 'failed after %d attempts: %s\n' "$attempt" "$*" >&2
            return 1
        fi
        attempt=$((attempt + 1))
        sleep 2
    done
}

# The Node packages of the present folder, unless exactly these are there.
node_packages() {
    local want
    want=$(cat package-lock.json .npmrc | sha256sum)
    if [[ $(cat node_modules/.installed 2>/dev/null) != "$want" ]]; then
        retry npm ci --loglevel=error </dev/null
        printf '%s\n' "$want" >node_modules/.installed
    fi
}

# Makes a Python environment once: below a folder, by a name, of an interpreter and files of
# requirements; prints where. It lies under the hash of what it was made of.
python_environment() {
    local kept=$1 name=$2 interpreter=$3 hash folder
    shift 3
    hash=$({ "$interpreter" --version; cat "$@"; } 2>&1 | sha256sum | cut -c1-16)
    folder="$kept/$name-$hash"
    if [[ ! -e $folder/ready ]]; then
        rm -rf "$kept/$name"-*
        mkdir -p "$kept"
        "$interpreter" -m venv "$folder" >&2
        local files=()
        for file in "$@"; do files+=(-r "$file"); done
        retry "$folder/bin/pip" install --quiet --only-binary :all: "${files[@]}" >&2 || return 1
        touch "$folder/ready"
    fi
    printf '%s\n' "$folder"
}

# The server's binary: the one that OMNICHANNEL_BINARY names, else one that was built in a checkout.
server_binary() {
    local candidate
    for candidate in "${OMNICHANNEL_BINARY:-}" "$1/target/debug/omnichannel" \
        "$1/target/release/omnichannel"; do
        [[ -x $candidate ]] || continue
        realpath "$candidate"
        return 0
    done
    return 1
}
