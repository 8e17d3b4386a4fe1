#!/usr/bin/env bash
# The agent's image: that of deploy/compose/openclaw with everything in it but OpenClaw itself, which is 1.5 GB.
# shellcheck disable=SC2154

agent=openclaw:engine
compose_place=$root/deploy/compose

want_agent() {
    local dockerfile
    want_lock
    base_node
    # shellcheck disable=SC2016
    dockerfile=$(sed 's/"openclaw@$OPENCLAW_VERSION" //; /&& openclaw /d' "$compose_place/openclaw/Dockerfile")
    # shellcheck disable=SC2016
    [[ $dockerfile == *'npm install --global'*' "@openai/codex@$CODEX_VERSION"'* && $dockerfile != *'"openclaw@'* && $dockerfile != *'&& openclaw '* ]] \
        || stop "deploy/compose/openclaw/Dockerfile is not what is expected here"
    say "building $agent (log: $home/agent.log)"
    long 900 docker build --tag "$agent" --build-arg "MODEL_LOCK_IMAGE=$lock" --file - "$compose_place/openclaw" \
        <<<"$dockerfile" >"$home/agent.log" 2>&1 || stop "the agent's image could not be built: $(tail -n 20 "$home/agent.log")"
}

# Runs a shell program in the agent's image as root, with these options.
in_agent() {
    local program=$1
    shift
    docker run --rm --user 0:0 --network none "$@" --entrypoint sh "${OPENCLAW_IMAGE:-$agent}" -c "$program"
}
