# syntax=docker/dockerfile:1
#
# The whole program in an image without shell or package manager, run as nobody in particular over a read-only
# root: `docker build --tag crosswalk .`. compose.yaml runs it; packaging/README.md says why it is made like this.
# A test (crates/crosswalk/tests/packaging.rs) holds all of them to what the program is.

ARG RUST_VERSION=1.95.0

# --- what builds ----------------------------------------------------------------

FROM docker.io/library/rust:${RUST_VERSION}-slim-bookworm AS rust
WORKDIR /src
RUN cargo install --locked --version 0.1.78 cargo-chef

# What the dependencies are, and nothing of what the sources are.
FROM rust AS plan
COPY . .
RUN cargo chef prepare --recipe-path /recipe.json

FROM rust AS build
# The dependencies, in a layer of their own that lasts as long as Cargo.lock does.
COPY --from=plan /recipe.json /recipe.json
RUN cargo chef cook --locked --release --package crosswalk --recipe-path /recipe.json
COPY . .
RUN cargo build --locked --release --package crosswalk \
    && install -D --mode 0755 target/release/crosswalk /out/usr/bin/crosswalk \
    && install -D --mode 0644 LICENSE /out/usr/share/doc/crosswalk/LICENSE \
    && mkdir /out/data

# --- what runs ------------------------------------------------------------------

# The C library and libgcc, of the same Debian that built; certificates are inside the program.
FROM gcr.io/distroless/cc-debian12:nonroot

ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.title="crosswalk" \
      org.opencontainers.image.description="One binary: an open, self-hosted unified CRM API" \
      org.opencontainers.image.source="https://github.com/crosswalk-api/crosswalk" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

COPY --from=build /out/usr/ /usr/
# A new volume takes the folder's owner over. It can not be chowned later: there is no root in here.
COPY --from=build --chown=65532:65532 /out/data/ /data/

ENV CROSSWALK_DATA=/data \
    CROSSWALK_LISTEN=0.0.0.0:8080
# By number, so that Kubernetes can see that it is not root.
USER 65532:65532
VOLUME ["/data"]
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["/usr/bin/crosswalk", "health"]
ENTRYPOINT ["/usr/bin/crosswalk"]
CMD ["serve"]
