#!/usr/bin/env bash
# Two agents under compose, each with its sidecar and the real codex: what they ask for, what the provider gets, what is counted.
# shellcheck disable=SC2034,SC2154

both=(first second)
# Every name that a socket in the two stacks could go around by.
way_out=local-network
pin=gpt-5.3-codex
other=gpt-engine-other

part_agents() {
    local project waits
    want_agent
    export OPENCLAW_IMAGE=$agent MODEL_LOCK_IMAGE=$lock
    waits=1
    what_compose_says
    provider_up
    for project in "${both[@]}"; do stack_up "$project"; done
    there_is_no_way_around
    attempts force forced
    attempts reject rejected
    counted
    the_proxy_has_the_key
    for project in "${both[@]}"; do stack_down "$project"; done
    docker rm --force provider >/dev/null
}

# compose PROJECT ARGUMENT…
compose() {
    local project=$1
    shift
    OPENCLAW_CODEX_VOLUME_NAME=engine_$project timeout 300 docker compose --project-name "$project" \
        --file "$compose_place/compose.yaml" --file "$root/tests/engine/agents.yaml" ${waits:+--file "$root/tests/engine/waits.yaml"} \
        ${keyed:+--file "$compose_place/compose.key.yaml"} --profile openclaw "$@"
}

services() {
    docker compose --file "$compose_place/compose.yaml" "$@" config --services | sort | xargs
}

what_compose_says() {
    same "without a profile, compose has no service" "" "$(services)"
    same "with the profile openclaw, these" "model-lock openclaw" "$(services --profile openclaw)"
    same "with both profiles, these" "grafana model-lock openclaw prometheus statsd-exporter" "$(services --profile openclaw --profile observability)"
    printf 'services:\n  api:\n    image: debian:bookworm-slim\n    networks: [local-network]\n' >"$run/stack.yaml"
    same "joined to a stack, also its api" "api model-lock openclaw" \
        "$(services --file "$run/stack.yaml" --file "$compose_place/compose.local-network.yaml" --profile openclaw)"
    fails "the proxy's key has to be named" services --file "$compose_place/compose.key.yaml" --profile openclaw
    same "an empty model stays empty" 2 "$(OPENCLAW_MODEL='' docker compose --file "$compose_place/compose.yaml" --profile openclaw config | grep -c 'OPENCLAW_MODEL: ""')"
}

# The project's stand-in for a provider, on the network that leads out, which no agent is on.
provider_up() {
    say "building the stand-in for the provider"
    RUSTFLAGS='-C target-feature=+crt-static' long 600 cargo build --quiet --release --locked --manifest-path "$root/Cargo.toml" \
        --package fake_provider --bin fake_provider --target "$(rustc -vV | sed -n 's/^host: //p')" --target-dir "$home/fake_provider"
    docker network inspect $way_out >/dev/null 2>&1 || docker network create $way_out >/dev/null
    docker rm --force provider >/dev/null 2>&1 || true
    docker run --detach --name provider --network $way_out --read-only --cap-drop ALL \
        --volume "$(echo "$home"/fake_provider/*/release/fake_provider):/fake_provider:ro" debian:bookworm-slim /fake_provider --listen 0.0.0.0:8080 >/dev/null
    until_ 20 "the provider" provider_listens
}

provider_listens() {
    docker logs provider 2>/dev/null | grep -q '^listening'
}

# The models that the provider was asked for so far, as `COUNT MODEL`.
asked() {
    docker logs provider 2>/dev/null | sed -n '/"method":"POST"/s/.*\("model":[^,]*\),.*/\1/p' | sort | uniq -c | xargs
}

stack_up() {
    compose "$1" down --volumes --timeout 5 >/dev/null 2>&1 || true
    docker volume rm --force "engine_$1" >/dev/null
    docker volume create "engine_$1" >/dev/null
    in_agent 'chown app /at' --volume "engine_$1:/at"
    docker run --interactive --rm --env CODEX_HOME=/to --volume "engine_$1:/to" --entrypoint codex "$OPENCLAW_IMAGE" \
        login --with-api-key <<<"sk-of-$1" >/dev/null 2>&1
    OPENCLAW_MODEL_LOCK_MODE=force up "$1"
    verdict pass "$1: the stack is up: the proxy is healthy, the entrypoint has started the server"
}

# up PROJECT, in the mode of the environment.
up() {
    compose "$1" up --detach recorder >"$run/up.log" 2>&1 || stop "compose: $(tail -n 5 "$run/up.log")"
    until_ 20 "the recorder" recorder_listens "$1"
    compose "$1" up --detach >"$run/up.log" 2>&1 || stop "compose: $(tail -n 5 "$run/up.log")"
    tell_more=(compose "$1" logs --tail 5)
    until_ 40 "the server of $1" server_runs "$1"
    tell_more=()
}

recorder_listens() {
    compose "$1" logs --no-log-prefix recorder | grep -q '^listening'
}

# What the entrypoint became.
server_runs() {
    compose "$1" logs --no-log-prefix openclaw | grep -q '"event":"start"'
}

# in_stack PROJECT COMMAND…: as the agent, in its container.
in_stack() {
    local project=$1
    shift
    compose "$project" exec -T openclaw "$@" </dev/null
}

there_is_no_way_around() {
    local project address
    address=$(docker inspect --format "{{(index .NetworkSettings.Networks \"$way_out\").IPAddress}}" provider)
    # The same is reached from where the proxy is, or nothing would be shown.
    holds "from the proxy's network, the provider is reached" docker run --rm --network $way_out debian:bookworm-slim bash -c ": </dev/tcp/$address/8080"
    for project in "${both[@]}"; do
        fails "$project: the agent does not reach the provider by its address" in_stack "$project" timeout 5 bash -c ": </dev/tcp/$address/8080"
        fails "$project: nor by its name" in_stack "$project" timeout 5 bash -c ': </dev/tcp/provider/8080'
        fails "$project: nor anything outside" in_stack "$project" timeout 5 curl --silent --fail http://deb.debian.org/
        fails "$project: nor the admin port of the proxy" in_stack "$project" timeout 5 bash -c ': </dev/tcp/model-lock/8384'
        same "$project: policy and route are files of root that it cannot change" "root 444 root 444" \
            "$(in_stack "$project" stat -c '%U %a' /etc/model-lock/policy.toml /etc/codex/managed_config.toml | xargs)"
        fails "$project: the agent cannot write the policy" in_stack "$project" sh -c 'echo >>/etc/model-lock/policy.toml'
        # Its own key is no real one.
        holds "$project: doctor finds it sealed" in_stack "$project" model-lock doctor --require sealed
    done
}

# attempts MODE RESULT: each agent asks for another model by the command line, and once more by the wire.
attempts() {
    local mode=$1 result=$2 project before answer status
    before=$(asked)
    for project in "${both[@]}"; do
        [[ $mode = force ]] || OPENCLAW_MODEL_LOCK_MODE=$mode up "$project"
        status=0
        in_stack "$project" codex exec --skip-git-repo-check -m $other hi >"$run/codex" 2>&1 || status=$?
        answer=$(in_stack "$project" curl --silent --max-time 20 --output /dev/null --write-out '%{http_code}' --header 'content-type: application/json' \
            --data "{\"model\":\"$other\",\"input\":\"hi\"}" http://model-lock:8383/v1/responses)
        if [[ $mode = force ]]; then
            same "$project, $mode: codex runs" 0 "$status"
            same "$project, $mode: the wire is answered" 200 "$answer"
        else
            same "$project, $mode: codex is refused" 77 "$status"
            same "$project, $mode: the wire is refused" 400 "$answer"
        fi
        same "$project, $mode: the proxy counts one attempt, $result" "1" "$(at_the_admin_port "$project" "$mode" "$result")"
    done
    if [[ $mode = force ]]; then
        same "the provider was asked for the approved model alone, twice by each" "4 model:$pin" "$(asked)"
    else
        same "$mode: nothing reached the provider" "$before" "$(asked)"
    fi
}

# What /metrics says of attempts, from inside the proxy's network namespace: there is no program in the container that could.
at_the_admin_port() {
    local pid
    pid=$(docker inspect --format '{{.State.Pid}}' "$1-model-lock-1")
    nsenter "--net=/proc/$pid/ns/net" curl --silent http://127.0.0.1:8384/metrics \
        | awk -v mode="mode=\"$2\"" -v result="result=\"$3\"" '/^model_lock_override_attempts_total\{/ && index($0, mode) && index($0, result) { sum += $2 } END { print sum + 0 }'
}

# What came as StatsD, of both doors: `RESULT SURFACE COUNT`.
recorded() {
    compose "$1" logs --no-log-prefix recorder \
        | sed -n 's/^model_lock\.override_attempts:\([0-9]*\)|c|#.*result:\([a-z]*\),surface:\([a-z]*\),.*/\2 \3 \1/p' \
        | awk '{ sum[$1 " " $2] += $3 } END { for (key in sum) if (sum[key]) print key, sum[key] }' | sort | xargs
}

all_recorded() {
    [[ $(recorded "$1") = "forced argv 1 forced http 1 rejected argv 1 rejected http 1" ]]
}

counted() {
    local project
    for project in "${both[@]}"; do
        # The proxy sends once a second, and when it ends.
        compose "$project" stop model-lock >/dev/null 2>&1
        for _ in {1..50}; do
            all_recorded "$project" && break
            sleep 0.1
        done
        same "$project: StatsD has each attempt once" "forced argv 1 forced http 1 rejected argv 1 rejected http 1" "$(recorded "$project")"
    done
}

# What the agent sends in the place of a key does not arrive; what the proxy holds does.
the_proxy_has_the_key() {
    local keyed=1
    export OPENCLAW_PROVIDER_KEY_FILE=$run/key OPENCLAW_CLIENT_TOKENS_FILE=$run/clients/client-tokens
    export ENGINE_UPSTREAM=http://keyed:8080
    echo key-of-the-proxy >"$run/key"
    "$root/tools/make-client-token.sh" first "$run/clients"
    chmod 755 "$run" "$run/clients"
    chmod 644 "$run/key" "$run/clients/client-tokens"
    docker rm --force keyed >/dev/null 2>&1 || true
    docker run --detach --name keyed --network $way_out --entrypoint node "$agent" -e '
        const answer = (request, response) => { console.log(request.headers.authorization); response.end("{}"); };
        require("http").createServer(answer).listen(8080, () => console.log("listening"));' >/dev/null
    OPENCLAW_MODEL_LOCK_MODE=force up first
    in_stack first curl --silent --max-time 20 --output /dev/null --header 'content-type: application/json' \
        --header "authorization: Bearer $(cat "$run/clients/first.token")" --data "{\"model\":\"$pin\",\"input\":\"hi\"}" http://model-lock:8383/v1/responses
    same "without the token, the agent is not served" 401 "$(in_stack first curl --silent --max-time 20 --output /dev/null \
        --write-out '%{http_code}' --header 'content-type: application/json' --header 'authorization: Bearer sk-of-first' \
        --data "{\"model\":\"$pin\",\"input\":\"hi\"}" http://model-lock:8383/v1/responses)"
    same "the provider gets the proxy's key, and not what the agent sends" "listening Bearer key-of-the-proxy" "$(docker logs keyed | xargs)"
    docker rm --force keyed >/dev/null
    unset OPENCLAW_PROVIDER_KEY_FILE OPENCLAW_CLIENT_TOKENS_FILE ENGINE_UPSTREAM
}

stack_down() {
    holds "$1: the stack goes down" compose "$1" down --volumes --timeout 10
    docker volume rm "engine_$1" >/dev/null
}
