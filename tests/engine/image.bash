#!/usr/bin/env bash
# The image of the lock: what is in it, how it runs, and that it installs itself.
# shellcheck disable=SC2154

lock=model-lock:0.1.0
hardened=(--read-only --cap-drop ALL --security-opt no-new-privileges)

part_image() {
    build_lock
    what_is_in_it
    how_it_runs
    when_it_is_not_healthy
    what_it_installs
}

build_lock() {
    base_rust
    say "building $lock (log: $home/build.log)"
    local from=$SECONDS
    long 1800 docker build --tag "$lock" "$root" >"$home/build.log" 2>&1 || stop "the image could not be built: $(tail -n 20 "$home/build.log")"
    say "built in $((SECONDS - from)) s: $(docker image inspect --format '{{.Size}}' "$lock") bytes"
}

# The parts after the first need it; where it is kept from another run, that one is taken.
want_lock() {
    there_is "$lock" || build_lock
}

inspect() {
    docker image inspect --format "$1" "$lock"
}

what_is_in_it() {
    local tree=$run/tree
    mkdir -p "$tree"
    docker rm --force look >/dev/null 2>&1 || true
    docker create --name look "$lock" >/dev/null
    docker export look | tar -x -C "$tree"
    docker rm look >/dev/null
    # What the engine itself puts into every container.
    (cd "$tree" && rm -rf .dockerenv dev proc sys etc/hostname etc/hosts etc/resolv.conf etc/mtab)
    same "four files and no more: no shell, no library" \
        "etc/ssl/certs/ca-certificates.crt usr/local/bin/codex usr/local/bin/model-lock usr/share/model-lock/sbom.cdx.json" \
        "$(cd "$tree" && find . -not -type d -printf '%P\n' | LC_ALL=C sort | xargs)"
    same "codex is a link to it" model-lock "$(readlink "$tree/usr/local/bin/codex")"
    fails "the program asks for no loader: it is static" grep -q INTERP <(readelf --program-headers "$tree/usr/local/bin/model-lock")
    holds "smaller than 16 MB" test "$(inspect '{{.Size}}')" -lt 16000000
    same "user" 65532:65532 "$(inspect '{{.Config.User}}')"
    same "labels" "Apache-2.0 model-lock 0.1.0" "$(inspect '{{index .Config.Labels "org.opencontainers.image.licenses"}} {{index .Config.Labels "org.opencontainers.image.title"}} {{index .Config.Labels "org.opencontainers.image.version"}}')"
    holds "the bill of materials is that of Cargo.lock" python3 "$root/tests/engine/materials.py" \
        "$tree/usr/share/model-lock/sbom.cdx.json" "$root/Cargo.lock"
    same "both commands know their version" "model-lock 0.1.0" "$(docker run --rm "${hardened[@]}" "$lock" --version)"
    same "without a policy, codex runs no model" 78 "$(status docker run --rm "${hardened[@]}" --entrypoint /usr/local/bin/codex "$lock" exec hi)"
    same "without a policy, nothing is served" 78 "$(status docker run --rm "${hardened[@]}" "$lock")"
}

status() {
    local status=0
    timeout 60 "$@" >/dev/null 2>&1 || status=$?
    echo "$status"
}

how_it_runs() {
    local pid from
    docker rm --force runs >/dev/null 2>&1 || true
    docker run --detach --name runs "${hardened[@]}" --env OPENCLAW_MODEL=gpt-5.5 "$lock" >/dev/null
    until_ 30 "the container to be healthy" is_healthy runs
    verdict pass "by its own health check, it becomes healthy"
    pid=$(docker inspect --format '{{.State.Pid}}' runs)
    same "user, rights and new rights of the process" "65532 0000000000000000 1" \
        "$(awk '/^Uid:/ { uid = $2 } /^CapEff:/ { cap = $2 } /^NoNewPrivs:/ { print uid, cap, $2 }' "/proc/$pid/status" | xargs)"
    same "health says so" ready "$(docker exec runs /usr/local/bin/model-lock health)"
    fails "there is no shell in it" docker exec runs sh -c true
    from=$(date +%s%N)
    docker stop runs >/dev/null
    holds "stop takes less than two seconds" test "$((($(date +%s%N) - from) / 1000000))" -lt 2000
    same "and ends it with 0" 0 "$(docker inspect --format '{{.State.ExitCode}}' runs)"
    docker rm runs >/dev/null
}

health_of() {
    docker inspect --format '{{.State.Health.Status}}' "$1"
}

is_healthy() {
    [[ $(health_of "$1") = healthy ]]
}

is_unhealthy() {
    [[ $(health_of "$1") = unhealthy ]]
}

# The check can fail: nobody listens where it asks.
when_it_is_not_healthy() {
    docker rm --force ill >/dev/null 2>&1 || true
    docker run --detach --name ill "${hardened[@]}" --health-interval 1s --health-retries 1 --health-start-period 0s \
        --env OPENCLAW_MODEL=gpt-5.5 "$lock" serve --listen 0.0.0.0:8383 --admin 127.0.0.1:9999 >/dev/null
    until_ 30 "the container to be unhealthy" is_unhealthy ill
    same "where the admin port does not answer, it is unhealthy, and says why" \
        "model-lock: nothing answers at 127.0.0.1:8384: Connection refused (os error 111)" \
        "$(docker inspect --format '{{(index .State.Health.Log 0).Output}}' ill | xargs)"
    docker rm --force ill >/dev/null
}

# As the init container of deploy/kubernetes does it.
what_it_installs() {
    local place
    docker volume rm tools >/dev/null 2>&1 || true
    docker volume create tools >/dev/null
    place=(--volume tools:/tools)
    same "into a volume of root it installs nothing, with status 1" 1 "$(status docker run --rm "${hardened[@]}" "${place[@]}" "$lock" install --to /tools/bin)"
    fails "and leaves nothing that could be started" docker run --rm "${place[@]}" debian:bookworm-slim test -e /tools/bin/codex
    docker run --rm "${place[@]}" debian:bookworm-slim chown 65532 /tools
    holds "it installs itself into a volume of its own" docker run --rm "${hardened[@]}" "${place[@]}" "$lock" install --to /tools/bin
    same "which another container starts it from, read-only and as another user" "model-lock 0.1.0 model-lock" \
        "$(docker run --rm --user 1000 --volume tools:/tools:ro debian:bookworm-slim sh -c '/tools/bin/model-lock --version; readlink /tools/bin/codex' | xargs)"
    same "and without a real codex says that there is none" 127 "$(status docker run --rm --volume tools:/tools:ro --env OPENCLAW_MODEL=gpt-5.5 debian:bookworm-slim /tools/bin/codex exec hi)"
    docker volume rm tools >/dev/null
}
