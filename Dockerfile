# One static program in an empty image: `model-lock`, and `codex` as a link to it.

FROM rust:1.95.0-slim-bookworm AS build
# The image's own toolchain, without the components that rust-toolchain.toml asks of developers.
ENV RUSTUP_TOOLCHAIN=1.95.0
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates musl-tools \
    && rm -rf /var/lib/apt/lists/* \
    && rustup target add "$(uname -m)-unknown-linux-musl"
# Its result is in the image, not it. Built without optimization: it runs once.
RUN CARGO_PROFILE_DEV_DEBUG=0 cargo install cargo-cyclonedx --version 0.5.9 --locked --profile dev --quiet --root /opt/sbom \
    && rm -rf "$CARGO_HOME/registry"
WORKDIR /src

COPY . .
RUN target="$(uname -m)-unknown-linux-musl" \
    && cargo build --release --locked --package model-lock --target "$target" \
    && mkdir -p /out/usr/local/bin /out/etc/ssl/certs \
    && strip -o /out/usr/local/bin/model-lock "target/$target/release/model-lock" \
    && ln -s model-lock /out/usr/local/bin/codex \
    && cp /etc/ssl/certs/ca-certificates.crt /out/etc/ssl/certs/
# What the program is made of: each crate with version, licence and hash.
RUN target="$(uname -m)-unknown-linux-musl" \
    && SOURCE_DATE_EPOCH=0 PATH="/opt/sbom/bin:$PATH" cargo cyclonedx --quiet --format json --spec-version 1.5 \
        --target "$target" --override-filename sbom \
    && mkdir -p /out/usr/share/model-lock \
    && cp sbom.json /out/usr/share/model-lock/sbom.cdx.json

FROM scratch
COPY --from=build /out/ /
LABEL org.opencontainers.image.title="model-lock" \
      org.opencontainers.image.description="One approved model runs, whatever a coding agent asks for" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
USER 65532:65532
EXPOSE 8383
# On the container's own loopback; `--admin` and the variable change it.
ENV MODEL_LOCK_ADMIN=127.0.0.1:8384
HEALTHCHECK --interval=5s --timeout=5s --start-period=10s --retries=3 CMD ["/usr/local/bin/model-lock", "health"]
ENTRYPOINT ["/usr/local/bin/model-lock"]
CMD ["serve", "--listen", "0.0.0.0:8383"]
