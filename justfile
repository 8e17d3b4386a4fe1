# Short names for what the scripts do; nothing needs `just`.

# List the recipes.
default:
    @just --list --unsorted

# Everything a change must pass.
ci:
    .ci/run

# Some steps of it: `just check lint test`.
check *steps:
    ./check {{ steps }}

# The main job, shown with the real codex.
demo:
    ./demo

# Format in place.
fmt:
    cargo fmt --all

# Unit, integration and end-to-end tests. Pass a filter: `just test json::`.
test *filter:
    cargo test --workspace --locked {{ filter }}

# The image.
image:
    docker build --tag model-lock .

# The images, compose and the bootstrap script with a real Docker engine, as root; twenty minutes.
engine:
    ./check engine
