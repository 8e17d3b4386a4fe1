#!/usr/bin/env bash
# The image of deploy/compose/openclaw as it is, with OpenClaw in it, until its server takes connections.
# shellcheck disable=SC2034,SC2154

part_openclaw() {
    want_lock
    base_node
    say "building openclaw:local (log: $home/openclaw.log)"
    local from=$SECONDS
    long 2400 docker build --tag openclaw:local --build-arg "MODEL_LOCK_IMAGE=$lock" "$compose_place/openclaw" >"$home/openclaw.log" 2>&1 \
        || stop "the image of OpenClaw could not be built: $(tail -n 20 "$home/openclaw.log")"
    say "built in $((SECONDS - from)) s: $(docker image inspect --format '{{.Size}}' openclaw:local) bytes"
    export OPENCLAW_IMAGE=openclaw:local MODEL_LOCK_IMAGE=$lock
    provider_up
    stack_up served
    tell_more=(compose served logs --tail 10 openclaw)
    until_ 120 "OpenClaw's server" in_stack served bash -c ': </dev/tcp/127.0.0.1/18789'
    tell_more=()
    verdict pass "OpenClaw's server takes connections"
    # shellcheck disable=SC2016
    same "it runs as app, with the shim first and as its own setting" "app /opt/model-lock/codex /opt/model-lock/codex" \
        "$(in_stack served bash -c 'echo "$(id -un) $(command -v codex) $OPENCLAW_CODEX_APP_SERVER_BIN"')"
    stack_down served
    docker rm --force provider >/dev/null
}
