#!/bin/bash
# Starts OpenClaw only where the lock holds. Each step that fails ends it with a status of its own and one line that says what to do.
#
#   64  nothing to start            71  codex is not configured to go through the proxy
#   70  codex is not the shim       72  the proxy does not answer
#   73  CODEX_HOME cannot be used   74  nobody is logged in
#   78  the policy is missing or wrong          127  codex or the server is not there
set -euo pipefail

# A text as the inside of a JSON string.
json() {
    local text=${1//\\/\\\\}
    text=${text//\"/\\\"}
    printf '%s' "${text//[$'\001'-$'\037'$'\177']/?}"
}

tell() {
    printf '{"ts":"%s","component":"openclaw-entrypoint","level":"%s",%s}\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1" "$2" >&2
}

fail() {
    tell error "\"message\":\"$(json "$2")\""
    exit "$1"
}

there_is_a_model() {
    [[ -n ${OPENCLAW_MODEL-} && $OPENCLAW_MODEL =~ [^[:space:]] ]] \
        || fail 78 "OPENCLAW_MODEL is not set: name the one model that may run"
    case ${OPENCLAW_MODEL_LOCK_MODE=force} in
        force | reject | report_only) ;;
        *) fail 78 "OPENCLAW_MODEL_LOCK_MODE is \`$OPENCLAW_MODEL_LOCK_MODE\`: set it to force, reject or report_only" ;;
    esac
    export OPENCLAW_MODEL OPENCLAW_MODEL_LOCK_MODE
}

the_shim_comes_first() {
    local shim=${MODEL_LOCK_HOME:-/opt/model-lock}/codex
    [[ -x $shim ]] || fail 70 "there is no shim at $shim: build the image with model-lock in it"
    [[ $(type -P codex || true) == "$shim" ]] || fail 70 "codex is $(type -P codex || echo nowhere) and not $shim: put $(dirname "$shim") first on PATH"
    [[ ${OPENCLAW_CODEX_APP_SERVER_BIN-} == "$shim" ]] \
        || fail 70 "OpenClaw would start a codex of its own: set OPENCLAW_CODEX_APP_SERVER_BIN=$shim"
    model-lock which >/dev/null 2>&1 || fail 127 "there is no real codex behind the shim: install @openai/codex in the image"
}

# What `model-lock` itself says of the policy: a file that only root can change stands above the variables.
the_policy_holds() {
    local said
    said=$(model-lock check 2>&1 >/dev/null) || fail 78 "the policy is not valid, see \`model-lock check\`: $said"
}

# The file is of root, so that the agent cannot lead codex elsewhere.
codex_goes_through_the_proxy() {
    local file=${CODEX_MANAGED_CONFIG:-/etc/codex/managed_config.toml} proxy=${MODEL_LOCK_PROXY-} line
    [[ $proxy =~ ^https?://[^/[:space:]]+$ ]] || fail 71 "MODEL_LOCK_PROXY is \`$proxy\`: set it to the proxy's URL, such as http://model-lock:8383"
    [[ -r $file ]] || fail 71 "$file is missing: mount it, or run \`model-lock route codex --proxy $proxy\` as root"
    [[ ! -w $file ]] || fail 71 "$file can be changed by the agent: give it to root, with mode 0444"
    line=$(grep -m 1 '^openai_base_url *= *"' "$file" || true)
    [[ $line == *"\"$proxy/"* ]] || fail 71 "$file does not lead codex to $proxy: set openai_base_url = \"$proxy/v1\""
    line=$(grep -m 1 '^model *= *"' "$file" || true)
    [[ $line == *"\"$OPENCLAW_MODEL\"" ]] || fail 71 "$file does not name the model $OPENCLAW_MODEL: set model = \"$OPENCLAW_MODEL\""
}

# It may start together with us, so it gets half a minute.
the_proxy_answers() {
    local address=${MODEL_LOCK_PROXY#*://} port=80
    [[ $MODEL_LOCK_PROXY != https:* ]] || port=443
    [[ $address != *:* ]] || port=${address##*:}
    # shellcheck disable=SC2016
    timeout "${MODEL_LOCK_WAIT:-30}" bash -c 'until (exec 3<>"/dev/tcp/$0/$1") 2>/dev/null; do sleep 0.2; done' "${address%:*}" "$port" \
        || fail 72 "the proxy at $MODEL_LOCK_PROXY does not answer: start the service model-lock, and look at its log"
}

# Whether somebody is logged in, not whether the provider takes it. What codex says stays untold: it quotes part of the key.
somebody_is_logged_in() {
    export CODEX_HOME=${CODEX_HOME:-$HOME/.codex}
    [[ -d $CODEX_HOME && -r $CODEX_HOME && -w $CODEX_HOME ]] \
        || fail 73 "CODEX_HOME is $CODEX_HOME, which $(id -un 2>/dev/null || id -u) cannot read and write: mount OpenClaw's own auth volume there, owned by that user"
    codex login status >/dev/null 2>&1 \
        || fail 74 "nobody is logged in in $CODEX_HOME: run tools/bootstrap-openclaw-codex-volume.sh"
}

(($# > 0)) || fail 64 "there is nothing to start: give the server's command, such as openclaw gateway"
there_is_a_model
the_shim_comes_first
the_policy_holds
codex_goes_through_the_proxy
the_proxy_answers
somebody_is_logged_in
type -P "$1" >/dev/null || fail 127 "$1 is not there: install it in the image, or correct the command"
tell info "\"event\":\"start\",\"model\":\"$(json "$OPENCLAW_MODEL")\",\"mode\":\"$OPENCLAW_MODEL_LOCK_MODE\",\"proxy\":\"$(json "$MODEL_LOCK_PROXY")\""
exec "$@"
