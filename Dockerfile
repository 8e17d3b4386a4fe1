# One static program in an empty image: `model-lock`, and `codex` as a link to it.

FROM rust:1.95.0-slim-bookworm AS build
# The image's own toolchain, without the components that rust-toolchain.toml asks of developers.
ENV RUSTUP_TOOLCHAIN=1.95.0
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates musl-tools \
    && rm -rf /var/lib/apt/lists/* \
    && rustup target add "$(uname -m)-unknown-linux-musl"
WORKDIR /src

COPY . .
RUN target="$(uname -m)-unknown-linux-musl" \
    && cargo build --release --locked --package model-lock --target "$target" \
    && mkdir -p /out/usr/local/bin /out/etc/ssl/certs \
    && strip -o /out/usr/local/bin/model-lock "target/$target/release/model-lock" \
    && ln -s model-lock /out/usr/local/bin/codex \
    && cp /etc/ssl/certs/ca-certificates.crt /out/etc/ssl/certs/

FROM scratch
COPY --from=build /out/ /
LABEL org.opencontainers.image.title="model-lock" \
      org.opencontainers.image.description="One approved model runs, whatever a coding agent asks for" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
USER 65532:65532
EXPOSE 8383
# No HEALTHCHECK: there is no shell to ask with, and no verb yet that asks /livez and /readyz of `--admin`. Orchestrators
# that ask over HTTP do (deploy/kubernetes).
ENTRYPOINT ["/usr/local/bin/model-lock"]
CMD ["serve", "--listen", "0.0.0.0:8383"]
