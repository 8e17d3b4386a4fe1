#!/usr/bin/env bash
# A Docker engine in a network namespace of its own: the host's firewall, forwarding and networks stay as they are.
# shellcheck disable=SC2034,SC2154
#
# slirp4netns gives the namespace a way out as an ordinary program has it. dockerd is put there by nsenter: `ip netns exec`
# would mount another /sys, without the control groups that containers need.

engine_needs() {
    local program quiet=/usr/sbin/policy-rc.d ours=0
    [[ $(id -u) = 0 ]] || stop "this needs root: namespaces, mounts and control groups are made"
    # No package is to start its own engine, which would change the host's network.
    if ! command -v dockerd >/dev/null && ! [[ -e $quiet ]]; then
        ours=1
        printf '#!/bin/sh\nexit 101\n' >$quiet
        chmod 755 $quiet
    fi
    "$root/tests/tools/debian" dockerd=docker.io docker=docker.io iptables slirp4netns mmdebstrap ip=iproute2 \
        nsenter=util-linux curl readelf=binutils || true
    ((ours == 0)) || rm $quiet
    for program in dockerd docker iptables slirp4netns mmdebstrap ip nsenter curl readelf python3 cargo rustup npm; do
        type -P "$program" >/dev/null || stop "$program is not installed"
    done
}

engine_up() {
    host_before=$(host_state)
    namespace=model-lock-engine-$$
    ip netns add "$namespace"
    ip netns exec "$namespace" ip link set lo up
    setsid slirp4netns --configure --mtu=1400 --disable-host-loopback --netns-type=path \
        "/run/netns/$namespace" tap0 >"$run/slirp.log" 2>&1 </dev/null &
    slirp=$!
    until_ 10 "the way out of the namespace" ip netns exec "$namespace" ip -4 route get 192.0.2.1
    echo '{}' >"$run/daemon.json"
    setsid nsenter "--net=/run/netns/$namespace" dockerd --config-file "$run/daemon.json" --data-root "$home/data" \
        --exec-root "$run/exec" --pidfile "$run/dockerd.pid" --host "unix://$run/docker.sock" >"$run/dockerd.log" 2>&1 </dev/null &
    dockerd=$!
    # BuildKit is a plug-in of newer clients, and not in every package.
    export DOCKER_HOST=unix://$run/docker.sock DOCKER_BUILDKIT=0 DOCKER_CONFIG=$run/config
    until_ 60 "the engine (its log: $run/dockerd.log)" docker version
    mkdir -p "$DOCKER_CONFIG/cli-plugins"
    ln -s "$("$root/tests/tools/compose")" "$DOCKER_CONFIG/cli-plugins/docker-compose"
    say "engine $(docker version --format '{{.Server.Version}}') with $(docker info --format '{{.Driver}}'), compose $(docker compose version --short)"
}

# Whatever happened, nothing of it is left.
engine_down() {
    local containers
    [[ -n ${namespace-} ]] || return 0
    if [[ -n ${dockerd-} ]]; then
        mapfile -t containers < <(timeout 20 docker ps --all --quiet 2>/dev/null)
        ((${#containers[@]} == 0)) || timeout 60 docker rm --force --volumes "${containers[@]}" >/dev/null 2>&1 || true
        end "$dockerd"
    fi
    [[ -z ${slirp-} ]] || end "$slirp"
    umount "$run/exec/netns/default" "$home/data" 2>/dev/null || true
    ip netns del "$namespace" 2>/dev/null || true
}

# Ends a process that we started, and waits for it.
end() {
    kill "$1" 2>/dev/null || true
    for _ in {1..150}; do
        kill -0 "$1" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -KILL "$1" 2>/dev/null || true
}

# What an engine could change of the host.
host_state() {
    sysctl -n net.ipv4.ip_forward
    ip -brief link | cut -d ' ' -f 1
    # Without the counters.
    iptables-save 2>/dev/null | sed '/^#/d; s/\[[0-9:]*\]//'
}
