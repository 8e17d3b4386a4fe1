# One static program in an empty image: `model-lock`, and `codex` as a link to it.

FROM rust:1.95.0-slim-bookworm AS build
# The image's own toolchain, without the components that rust-toolchain.toml asks of developers.
ENV RUSTUP_TOOLCHAIN=1.95.0
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates musl-tools \
    && rm -rf /var/lib/apt/lists/* \
    && rustup target add "$(uname -m)-unknown-linux-musl"
WORKDIR /src

# Dependencies first: they change less often than sources.
COPY Cargo.toml Cargo.lock ./
COPY lockpolicy/Cargo.toml lockpolicy/
COPY proxy/Cargo.toml proxy/
COPY shim/Cargo.toml shim/
COPY tests/standin/Cargo.toml tests/standin/
RUN for crate in . lockpolicy proxy shim tests/standin; do mkdir -p "$crate/src" && touch "$crate/src/lib.rs"; done \
    && touch src/main.rs tests/standin/src/main.rs \
    && cargo fetch --locked

COPY . .
RUN cargo build --release --locked --offline --package model-lock --target "$(uname -m)-unknown-linux-musl" \
    && mkdir -p /out/usr/local/bin /out/etc/ssl/certs \
    && cp "target/$(uname -m)-unknown-linux-musl/release/model-lock" /out/usr/local/bin/ \
    && strip /out/usr/local/bin/model-lock \
    && ln -s model-lock /out/usr/local/bin/codex \
    && cp /etc/ssl/certs/ca-certificates.crt /out/etc/ssl/certs/

FROM scratch
COPY --from=build /out/ /
USER 65532:65532
EXPOSE 8383
ENTRYPOINT ["/usr/local/bin/model-lock"]
CMD ["serve", "--listen", "0.0.0.0:8383"]
