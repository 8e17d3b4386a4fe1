#!/usr/bin/env bash
# tools/bootstrap-openclaw-codex-volume.sh on real volumes, with the real codex.
# shellcheck disable=SC2154

source_volume=engine_source
own_volume=engine_own

part_bootstrap() {
    want_agent
    # Nobody signed them; codex does not ask.
    account=$run/account.json
    python3 "$root/tests/engine/account.py" one >"$account"
    python3 "$root/tests/engine/account.py" other >"$run/another.json"
    without_a_source
    a_copy
    volumes_in_use
    what_is_there_stays
    from_scratch_
    forget_volumes
}

# bootstrap STATUS CLAIM [NAME=VALUE…] [FLAG…]: what it says goes to $run/said.
bootstrap() {
    local expected=$1 claim=$2 found=0 word settings=() flags=()
    shift 2
    for word in "$@"; do
        if [[ $word = *=* ]]; then settings+=("$word"); else flags+=("$word"); fi
    done
    timeout 300 env CODEX_VOLUME_NAME=$source_volume OPENCLAW_CODEX_VOLUME_NAME=$own_volume OPENCLAW_IMAGE="$agent" \
        OPENCLAW_NETWORK=engine-network "${settings[@]}" "$root/tools/bootstrap-openclaw-codex-volume.sh" "${flags[@]}" \
        >"$run/said" 2>&1 </dev/null || found=$?
    same "$claim ($expected)" "$expected" "$found"
    ((found == expected)) || cat "$run/said"
    cat "$run/said" >>"$run/all-said"
}

forget_volumes() {
    docker rm --force holds >/dev/null 2>&1 || true
    docker volume rm --force $source_volume $own_volume >/dev/null
}

# The volume's text, without the backups.
login_of() {
    in_agent 'cat /at/auth.json' --volume "$1:/at:ro"
}

put_login() {
    docker volume create "$1" >/dev/null
    in_agent 'cat >/at/auth.json && chown -R app /at && chmod 600 /at/auth.json' --interactive --volume "$1:/at" <"$2"
}

without_a_source() {
    forget_volumes
    docker network rm engine-network >/dev/null 2>&1 || true
    : >"$run/all-said"
    bootstrap 64 "a flag that there is not" --force
    bootstrap 66 "source and destination are one" OPENCLAW_CODEX_VOLUME_NAME=$source_volume
    bootstrap 15 "an image that is not here" OPENCLAW_IMAGE=openclaw:nowhere
    bootstrap 13 "a compose file that is none" "OPENCLAW_COMPOSE_FILE=$root/Cargo.toml"
    bootstrap 30 "no source"
    docker volume create $source_volume >/dev/null
    bootstrap 32 "a source without a login"
    echo '{}' >"$run/empty.json"
    put_login $source_volume "$run/empty.json"
    bootstrap 32 "a source whose login is empty"
    fails "until then, no volume was made" docker volume inspect $own_volume
    echo '{"tokens": {"access_token": "x"}}' >"$run/broken.json"
    put_login $source_volume "$run/broken.json"
    bootstrap 52 "a login that codex does not take"
    same "which leaves nothing behind" "" "$(in_agent 'ls -A /at' --volume $own_volume:/at:ro)"
    forget_volumes
}

a_copy() {
    put_login $source_volume "$account"
    in_agent 'echo x >/at/moonmind_worker_token; mkdir /at/sessions; echo kept >/at/sessions/a; chown -R app /at' --volume $source_volume:/at
    bootstrap 0 "a copy" --verbose
    same "the login is the source's" "$(cat "$account")" "$(login_of $own_volume)"
    # `tmp` is codex's own, from looking at the login.
    same "owners and modes; a worker's token stays behind" "app 700 . app 600 ./auth.json app 755 ./sessions app 644 ./sessions/a" \
        "$(in_agent 'cd /at && find . -path ./tmp -prune -o ! -name ".bootstrap-*" -exec stat -c "%U %a %n" {} + | sort -k 3' --volume $own_volume:/at:ro | xargs)"
    holds "the network was made" docker network inspect engine-network
    holds "codex takes it" docker run --rm --network none --env CODEX_HOME=/to --volume $own_volume:/to --entrypoint codex "$agent" login status
    bootstrap 0 "again"
    holds "which had nothing to do" grep -q 'nothing to do' "$run/said"
}

# Also a stopped container has its volumes.
volumes_in_use() {
    docker run --name holds --volume $source_volume:/at debian:bookworm-slim true
    bootstrap 31 "a source that a stopped container has"
    docker rm holds >/dev/null
    docker run --detach --name holds --volume $own_volume:/at debian:bookworm-slim sleep 600 >/dev/null
    bootstrap 41 "a destination that a running container has"
    docker rm --force holds >/dev/null
}

what_is_there_stays() {
    put_login $own_volume "$run/another.json"
    bootstrap 42 "a destination that holds another login"
    same "it is as it was" "$(cat "$run/another.json")" "$(login_of $own_volume)"
    bootstrap 0 "unless told otherwise" OPENCLAW_BOOTSTRAP_OVERWRITE=1
    same "the login is the source's again" "$(cat "$account")" "$(login_of $own_volume)"
    same "and the other one is in a backup" "$(cat "$run/another.json")" \
        "$(in_agent 'cat /at/.bootstrap-backup-*/auth.json' --volume $own_volume:/at:ro)"
    fails "no credential was told" grep -F -e rt-one -e rt-other -e eyJ "$run/all-said"
}

from_scratch_() {
    docker volume rm $own_volume >/dev/null
    bootstrap 60 "from scratch, without a terminal: the volume is ready, and it says how to go on" --from-scratch
    # The runbook's own line.
    holds "a placeholder is logged in" log_in_placeholder
    bootstrap 0 "then there is nothing to do" --from-scratch
}

log_in_placeholder() {
    docker run --interactive --rm --env CODEX_HOME=/to --volume $own_volume:/to --entrypoint codex "$agent" login --with-api-key <<<placeholder
}
