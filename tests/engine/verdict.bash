#!/usr/bin/env bash
# What is claimed and whether it holds, one line each, and waiting that ends.
# shellcheck disable=SC2034

passed=0 failed=0

say() {
    printf '      %s\n' "$1"
}

# What makes going on pointless, and perhaps a command that can say more of it.
stop() {
    printf 'engine: %s\n' "$1" >&2
    ((${#tell_more[@]} == 0)) || "${tell_more[@]}" >&2 || true
    exit 1
}
tell_more=()

# holds CLAIM COMMAND…: the command succeeds, within two minutes.
holds() {
    local said claim=$1
    shift
    if said=$(bounded "$@" 2>&1); then verdict pass "$claim"; else verdict FAIL "$claim" "$said"; fi
}

# fails CLAIM COMMAND…: the command does not succeed.
fails() {
    local said claim=$1
    shift
    if said=$(bounded "$@" 2>&1); then verdict FAIL "$claim" "$said"; else verdict pass "$claim"; fi
}

# same CLAIM EXPECTED FOUND
same() {
    if [[ $2 = "$3" ]]; then verdict pass "$1"; else verdict FAIL "$1" "expected: $2"$'\n'"found: $3"; fi
}

verdict() {
    printf '%s  %s\n' "$1" "$2"
    if [[ $1 = pass ]]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf '%s\n' "${3-}" | head -n 20 | cut -c 1-400 | sed 's/^/        /'
    fi
}

# No command of the engine's is waited for without end.
docker() {
    timeout 300 docker "$@"
}

# Functions of ours are not programs that `timeout` could run.
bounded() {
    if [[ $(type -t "$1") = function ]]; then "$@"; else timeout 120 "$@"; fi
}

# until_ SECONDS WHAT COMMAND…: waits until the command succeeds.
until_() {
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < deadline)) || stop "waited in vain for $what"
        sleep 0.1
    done
}

# long SECONDS COMMAND…: a signal that comes meanwhile ends the run at once, and not after the command.
long() {
    # Otherwise what runs beside us reads nothing.
    timeout "$@" <&0 &
    wait $!
}
