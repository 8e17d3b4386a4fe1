#!/usr/bin/env bash
# The program for the other processor that the Dockerfile is for, linked by zig, and run by an emulator.
# shellcheck disable=SC2154

part_arm64() {
    base_rust
    local place=$home/zig target=aarch64-unknown-linux-musl
    if ! [[ -x $place/bin/cargo-zigbuild ]]; then
        python3 -m pip install --quiet --disable-pip-version-check --no-input --root-user-action=ignore --target "$place" \
            ziglang==0.15.1 cargo-zigbuild==0.20.1 >&2 </dev/null || stop "pip could not install zig (see above)"
    fi
    docker rm --force cross >/dev/null 2>&1 || true
    say "building for $target (log: $home/arm64.log)"
    # shellcheck disable=SC2016
    long 1800 docker run --name cross --volume "$root:/src:ro" --volume "$place:/zig:ro" --volume engine-arm64:/out \
        --env RUSTUP_TOOLCHAIN="$(toolchain)" --env CARGO_ZIGBUILD_ZIG_PATH=/zig/ziglang/zig --env CARGO_TARGET_DIR=/out \
        --env TARGET=$target --workdir /src "rust:$(toolchain)-slim-bookworm" sh -ec '
            rustup target add "$TARGET"
            /zig/bin/cargo-zigbuild zigbuild --locked --package model-lock --target "$TARGET"
            apt-get update -q >/dev/null && apt-get install -q -y --no-install-recommends qemu-user >/dev/null
            echo "machine: $(od -A n -j 18 -N 2 -t d2 "/out/$TARGET/debug/model-lock" | tr -d " ")"
            echo "says: $(qemu-aarch64 "/out/$TARGET/debug/model-lock" --version)"' >"$home/arm64.log" 2>&1 \
        || stop "it could not be built for $target: $(tail -n 20 "$home/arm64.log")"
    docker rm cross >/dev/null
    same "the program links for arm64" "machine: 183" "$(grep '^machine:' "$home/arm64.log")"
    same "and runs there" "says: model-lock 0.1.0" "$(grep '^says:' "$home/arm64.log")"
}
