# syntax=docker/dockerfile:1
# The server alone: no shell, no package manager, not root. Everything it writes is under /data.
FROM rust:1.95.0-bookworm AS chef
# The image's own toolchain: what rust-toolchain.toml adds is for people, and would be fetched at each build.
ENV RUSTUP_TOOLCHAIN=$RUST_VERSION
RUN cargo install cargo-chef --locked --version 0.1.78
WORKDIR /src

FROM chef AS planner
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM chef AS builder
COPY --from=planner /src/recipe.json recipe.json
# A part of the features, such as "--no-default-features --features media"; docs/operations.md tells which there are.
ARG FEATURES=""
# Dependencies are a layer of their own: a change of our code does not build them again.
RUN cargo chef cook --release --package brickwork-api-server $FEATURES --recipe-path recipe.json
COPY . .
# With ORDERED=1 the server takes a third less memory, and twice the time to link (deploy/release).
ARG ORDERED=""
RUN if [ -n "$ORDERED" ]; then apt-get update -qq && apt-get install -y -qq valgrind > /dev/null && deploy/release $FEATURES; \
    else cargo build --release --locked --package brickwork-api-server $FEATURES; fi && mkdir /empty

FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="Brickwork" \
      org.opencontainers.image.description="A modular SaaS backend" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0"
COPY --from=builder /src/target/release/api-server /usr/local/bin/api-server
# A named volume takes its owner from the image's folder.
COPY --from=builder --chown=nonroot:nonroot /empty /data
ENV APP__DATA_DIR=/data \
    APP__SERVER__HOST=0.0.0.0 \
    APP__SERVER__PORT=8080
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["/usr/local/bin/api-server", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/api-server"]
CMD ["serve"]
