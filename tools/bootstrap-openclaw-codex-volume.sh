#!/bin/sh
# Gives OpenClaw a codex login of its own, in a volume of its own.
#
#   tools/bootstrap-openclaw-codex-volume.sh [--from-scratch] [--verbose]
#
# Without a flag, what the source volume holds is copied: into a fresh place in OpenClaw's volume, checked there with
# `codex login status`, and put in place by renames, `auth.json` last, so that OpenClaw finds the old login or the
# new one, never half of one. What was there goes to a backup beside it. Nothing is ever deleted but worker tokens and
# leftovers of our own, both in the copy alone.
#
# Running it again changes nothing. It needs a POSIX shell (dash, bash, busybox), on Linux or in WSL, and docker with compose.
# The log is JSON lines on standard error; credentials are never printed, nor is anything that codex says of them.
set -eu

usage() {
    cat <<'END'
usage: tools/bootstrap-openclaw-codex-volume.sh [--from-scratch] [--verbose]

  --from-scratch  copy nothing: make the volume, and log in there (in a terminal)
  --verbose       also tell every step and every docker command
  --help          show this

Settings, from the environment or else from the `.env` beside the compose file:

  CODEX_VOLUME_NAME             the source                          codex_auth_volume
  OPENCLAW_CODEX_VOLUME_NAME    the destination                     openclaw_codex_auth_volume
  OPENCLAW_IMAGE                the image, with codex and a shell   openclaw:local
  OPENCLAW_DOCKER_USER          who owns the copy in that image     app
  OPENCLAW_NETWORK              made where it does not exist        local-network
  OPENCLAW_BOOTSTRAP_OVERWRITE  1: what is there becomes a backup   0
  OPENCLAW_COMPOSE_FILE         the compose file                    deploy/compose/compose.yaml

Exit status:

   0  done, or nothing to do           32  the source holds no login
  10  docker is not installed          40  the destination cannot be made
  11  no docker engine answers         41  the destination is in use
  12  docker has no compose            42  the destination is not empty
  13  the compose file is not valid    43  a volume cannot be looked at
  14  it has no service openclaw       50  the copy failed
  15  the image is not here            51  the copy holds no login
  16  docker does not say who uses     52  codex does not take the login
      a volume                         53  somebody came to use a volume meanwhile
  20  the network cannot be made       54  the copy cannot be put in place
  30  the source does not exist        60  the volume is ready, nobody is logged in
  31  the source is in use             61  the login failed
  64  a flag is unknown                65  a setting is wrong
 130  interrupted                      66  source and destination are the same
END
}

# --- telling -------------------------------------------------------------------------------------------------------

# A text as the inside of a JSON string, whatever bytes it has.
json() {
    printf '%s' "$1" | LC_ALL=C awk '
        BEGIN { for (i = 1; i < 256; i++) if (i < 32 || i > 126) code[sprintf("%c", i)] = i < 128 ? sprintf("\\u%04x", i) : "\\ufffd" }
        NR > 1 { printf "\\n" }
        { for (i = 1; i <= length($0); i++) { c = substr($0, i, 1); printf "%s", c == "\"" || c == "\\" ? "\\" c : (c in code) ? code[c] : c } }'
}

tell() {
    printf '{"ts":"%s","actor":"%s","component":"bootstrap-openclaw","level":"%s","message":"%s"}\n' \
        "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(json "$actor")" "$1" "$(json "$2")" >&2
}

step() {
    [ "$verbose" = 0 ] || tell debug "$1"
}

# Ends with a status and one message.
fail() {
    tell error "$2"
    exit "$1"
}

# --- settings ------------------------------------------------------------------------------------------------------

# A setting: the environment's, even where that is empty; else the one in `.env`; else the default.
setting() {
    eval "found=\${$1-}; given=\${$1+yes}"
    if [ -z "$given" ] && [ -f "$env_file" ]; then
        found=$(sed -n "s/^$1=//p" "$env_file" | tail -n 1 | tr -d '\r"'"'")
    fi
    [ -n "$given" ] || [ -n "$found" ] || found=$2
    printf '%s' "$found"
}

# Docker's own rule for names. It also keeps a path from being mounted in place of a volume.
named() {
    case $2 in
        '' | [!a-zA-Z0-9]* | *[!a-zA-Z0-9_.-]*)
            fail 65 "$1 is \"$2\", which is no name that docker takes; use letters, digits, _ . and -" ;;
    esac
}

# --- docker --------------------------------------------------------------------------------------------------------

# Runs docker; its standard output is left in $out, what it says on standard error in $said.
docker_() {
    step "docker $(shown "$@")"
    status=0
    { out=$(docker "$@" 2>&3); } 3>"$words" || status=$?
    said=$(head -c 300 "$words" | tr '\n' ' ')
    return "$status"
}

# A docker command in one line, without the text of a program that it carries.
shown() {
    for word in "$@"; do
        case $word in
            *'
'*) printf '... ' ;;
            *) printf '%s ' "$word" ;;
        esac
    done
}

# Runs a small program of ours in the image, as root without what root can do besides files, and without a network.
in_image() {
    program=$1
    shift
    docker_ run --rm --name "$container" --network none --read-only --user 0:0 --cap-drop ALL --cap-add CHOWN \
        --cap-add DAC_OVERRIDE --cap-add FOWNER --security-opt no-new-privileges "$@" --entrypoint sh "$image" -c "$program" sh "$user"
}

# Whether codex takes the login in a directory of the destination. What it says stays untold: it quotes part of the key.
logged_in() {
    docker_ run --rm --name "$container" --network none --user "$user" --env "CODEX_HOME=$1" --volume "$destination:/to" \
        --entrypoint codex "$image" login status
    status=$?
    out='' said=''
    return "$status"
}

# Those that docker named, in one line.
users() {
    printf '%s\n' "$out" | cut -c 1-12 | tr '\n' ' ' | sed 's/ $//'
}

# Ends where any container, also a stopped one, has the volume.
unused() {
    docker_ ps --all --quiet --no-trunc --filter "volume=$2" || fail 16 "docker does not say who uses the volume $2: $said"
    [ -z "$out" ] || fail "$1" "the volume $2 is in use by the container $(users); stop and remove it, then run this again"
}

exists() {
    docker_ volume inspect "$1"
}

# --- the programs that run in the image; each gets the user as $1 ---------------------------------------------------

# 0: a login; 3: none. `codex login status` takes `{}` for one, so it is looked for a key or a token, too.
# shellcheck disable=SC2016
has_login='
[ -f /from/auth.json ] && ! [ -L /from/auth.json ] || exit 3
grep -Eq "\"(OPENAI_API_KEY|[a-z_]*token|agent_identity)\"[[:space:]]*:[[:space:]]*(\"[^\"]|\{)" /from/auth.json || exit 3'

# 0: empty; 4: not empty; 5: holds the login of the source already.
# shellcheck disable=SC2016
look='
if [ -d /from ] && [ -f /to/auth.json ] && cmp -s /from/auth.json /to/auth.json; then exit 5; fi
for entry in /to/* /to/.[!.]* /to/..?*; do
    [ -e "$entry" ] || [ -L "$entry" ] || continue
    case ${entry##*/} in lost+found | .bootstrap-*) ;; *) exit 4 ;; esac
done'

# Makes the fresh place and fills it. 6: there is no login in it.
# shellcheck disable=SC2016
copy='
set -eu
umask 077
rm -rf /to/.bootstrap-new
mkdir /to/.bootstrap-new
if [ -d /from ]; then
    cp -a /from/. /to/.bootstrap-new/
    find /to/.bootstrap-new \( -name "moonmind_worker_token*" -o -name ".bootstrap-*" ! -path /to/.bootstrap-new \) -prune -exec rm -rf {} +
    [ -s /to/.bootstrap-new/auth.json ] || exit 6
    chmod 600 /to/.bootstrap-new/auth.json
fi
chmod 700 /to/.bootstrap-new
chown -R "$1" /to/.bootstrap-new'

# Takes the fresh place away again.
discard='
rm -rf /to/.bootstrap-new'

# Puts what is there into the backup $2 and the fresh one in its place. The old login stays until the rename that puts the
# new one there.
# shellcheck disable=SC2016
switch='
set -eu
each() {
    for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
        [ -e "$entry" ] || [ -L "$entry" ] || continue
        case ${entry##*/} in lost+found | .bootstrap-*) ;; *) "$2" ;; esac
    done
}
keep() {
    if [ "${entry##*/}" = auth.json ] && [ -e "$new/auth.json" ]; then ln "$entry" "$old/"; else mv "$entry" "$old/"; fi
}
put() {
    [ "${entry##*/}" = auth.json ] || mv "$entry" /to/
}
new=/to/.bootstrap-new
old=/to/$BACKUP
mkdir -m 700 "$old"
each /to keep
each "$new" put
if [ -e "$new/auth.json" ]; then mv -f "$new/auth.json" /to/auth.json; fi
rmdir "$new"
rmdir "$old" 2>/dev/null || true
chown "$1" /to
chmod 700 /to'

# --- the steps -----------------------------------------------------------------------------------------------------

engine() {
    command -v docker >/dev/null 2>&1 || fail 10 "docker is not installed; install Docker Engine, or Docker Desktop with its WSL integration$wsl"
    docker_ version --format '{{.Server.Version}}' || fail 11 "no docker engine answers: start it, and see that you may use it$wsl: $said"
    docker_ compose version || fail 12 "docker has no compose: install the docker-compose-plugin (version 2.24 or newer): $said"
    docker_ compose --file "$compose_file" --profile openclaw config --quiet || fail 13 "the compose file $compose_file is not valid: $said"
    docker_ compose --file "$compose_file" --profile openclaw config --services || fail 13 "the compose file $compose_file is not valid: $said"
    printf '%s\n' "$out" | grep -qx openclaw || fail 14 "$compose_file has no service openclaw in the profile openclaw"
    docker_ image inspect --format '{{.Id}}' "$image" || fail 15 "the image $image is not here; run: docker compose --file $compose_file --profile openclaw build openclaw"
}

network() {
    docker_ network inspect "$network" && return
    docker_ network create "$network" || fail 20 "the network $network cannot be made: $said"
    tell info "made the network $network"
}

# Makes the destination where it does not exist, and ends where it is in use.
destination() {
    if exists "$destination"; then
        unused 41 "$destination"
    else
        docker_ volume create "$destination" || fail 40 "the volume $destination cannot be made: $said"
        tell info "made the volume $destination"
    fi
}

# Ends unless what is there may become a backup.
may_overwrite() {
    [ "$overwrite" = 1 ] || fail 42 "the volume $destination is not empty and holds something else; nothing was changed. To put the new login there and keep what is there as a backup, set OPENCLAW_BOOTSTRAP_OVERWRITE=1"
}

# Takes the fresh place away again, and ends.
give_up() {
    in_image "$discard" --volume "$destination:/to" || true
    fail "$1" "$2"
}

# Docker has no lock on volumes, so it is asked again before anything changes.
still_unused() {
    docker_ ps --all --quiet --no-trunc --filter "volume=$1" || give_up 16 "docker does not say who uses the volume $1: $said"
    [ -z "$out" ] || give_up 53 "the volume $1 came in use by the container $(users) while the login was copied; $destination is as it was. Stop and remove it, then run this again"
}

fresh() {
    status=0
    in_image "$copy" "$@" --volume "$destination:/to" || status=$?
    case $status in
        0) return ;;
        6) give_up 51 "the copy holds no login; $destination is as it was" ;;
        *) give_up 50 "the copy into $destination failed, and $destination is as it was: $said" ;;
    esac
}

put_in_place() {
    backup=.bootstrap-backup-$(date -u +%Y%m%dT%H%M%SZ)-$$
    in_image "$switch" --env "BACKUP=$backup" --volume "$destination:/to" \
        || fail 54 "the copy cannot be put in place in $destination: $said; nothing is lost: what was there is there or in $backup, the copy in .bootstrap-new. Run this again with OPENCLAW_BOOTSTRAP_OVERWRITE=1"
    step "what was there, if anything, is in $backup"
}

copy_login() {
    exists "$source_" || fail 30 "the source volume $source_ does not exist; set CODEX_VOLUME_NAME, or use --from-scratch"
    unused 31 "$source_"
    status=0
    in_image "$has_login" --volume "$source_:/from:ro" || status=$?
    case $status in
        0) ;;
        3) fail 32 "the source volume $source_ holds no login (no auth.json with a key or a token); log in there first, or use --from-scratch" ;;
        *) fail 43 "the volume $source_ cannot be looked at: $said" ;;
    esac
    destination
    status=0
    in_image "$look" --volume "$source_:/from:ro" --volume "$destination:/to:ro" || status=$?
    case $status in
        0) ;;
        4) may_overwrite ;;
        5) logged_in /to || fail 52 "the login in $destination is that of $source_ already, and codex does not take it; log in again in the source"
           network
           tell info "nothing to do: $destination holds the login of $source_"
           return ;;
        *) fail 43 "the volume $destination cannot be looked at: $said" ;;
    esac
    network
    fresh --volume "$source_:/from:ro"
    logged_in /to/.bootstrap-new \
        || give_up 52 "codex does not take the login that was copied (\`codex login status\` failed); $destination is as it was. Log in again in $source_"
    still_unused "$source_"
    still_unused "$destination"
    put_in_place
    tell info "done: $destination holds the login of $source_"
}

from_scratch() {
    destination
    status=0
    in_image "$look" --volume "$destination:/to:ro" || status=$?
    case $status in
        0) ;;
        4) if logged_in /to; then
               network
               tell info "nothing to do: somebody is logged in in $destination"
               return
           fi
           may_overwrite ;;
        *) fail 43 "the volume $destination cannot be looked at: $said" ;;
    esac
    network
    fresh
    still_unused "$destination"
    put_in_place
    log_in
}

log_in() {
    set -- run --rm --name "$container" --user "$user" --env CODEX_HOME=/to --volume "$destination:/to" --entrypoint codex "$image" login --device-auth
    if ! [ -t 0 ]; then
        fail 60 "the volume $destination is ready and nobody is logged in; in a terminal, run this again or: docker run -it$(shown "$@" | cut -c 4-)"
    fi
    step "docker $(shown "$@")"
    shift
    docker run --interactive --tty "$@" || fail 61 "the login in $destination failed; run this again"
    logged_in /to || fail 52 "codex does not take the login in $destination (\`codex login status\` failed); run this again"
    tell info "done: somebody is logged in in $destination"
}

# --- from here ------------------------------------------------------------------------------------------------------

verbose=0 scratch=0
actor=${USER:-$(id -un 2>/dev/null || id -u)}
for flag in "$@"; do
    case $flag in
        --from-scratch) scratch=1 ;;
        --verbose) verbose=1 ;;
        --help | -h) usage; exit 0 ;;
        *) fail 64 "there is no flag $flag; --help shows those there are" ;;
    esac
done

here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
compose_file=${OPENCLAW_COMPOSE_FILE:-$here/deploy/compose/compose.yaml}
env_file=$(dirname -- "$compose_file")/.env
source_=$(setting CODEX_VOLUME_NAME codex_auth_volume)
destination=$(setting OPENCLAW_CODEX_VOLUME_NAME openclaw_codex_auth_volume)
image=$(setting OPENCLAW_IMAGE openclaw:local)
user=$(setting OPENCLAW_DOCKER_USER app)
network=$(setting OPENCLAW_NETWORK local-network)
overwrite=$(setting OPENCLAW_BOOTSTRAP_OVERWRITE 0)

named CODEX_VOLUME_NAME "$source_"
named OPENCLAW_CODEX_VOLUME_NAME "$destination"
named OPENCLAW_DOCKER_USER "$user"
named OPENCLAW_NETWORK "$network"
case $image in
    '' | -* | *[!a-zA-Z0-9_./:@-]*) fail 65 "OPENCLAW_IMAGE is \"$image\", which is no name of an image" ;;
esac
case $overwrite in
    0 | 1) ;;
    *) fail 65 "OPENCLAW_BOOTSTRAP_OVERWRITE is \"$overwrite\"; it is 0 or 1" ;;
esac
[ "$scratch" = 1 ] || [ "$source_" != "$destination" ] \
    || fail 66 "source and destination are both $source_; OpenClaw gets a volume of its own: set OPENCLAW_CODEX_VOLUME_NAME"

wsl=''
case $(uname -r) in
    *[Mm]icrosoft*) wsl=' (in WSL: start Docker Desktop, and switch its integration on for this distribution)' ;;
esac

# One at a time for a destination: docker gives a name to one container only.
container=openclaw-bootstrap-$destination
words=$(mktemp)
trap 'rm -f "$words"' EXIT
interrupted() {
    docker rm --force "$container" >/dev/null 2>&1 || true
    fail 130 "interrupted; what was in $destination is there, or in a .bootstrap-backup of it"
}
trap interrupted INT TERM HUP

engine
if [ "$scratch" = 1 ]; then from_scratch; else copy_login; fi
