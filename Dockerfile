# The image: one program, the libraries that it loads, CA certificates, time zone data, licences and
# a list of all that (SPDX). No shell, no package manager; runs as nobody in particular, with a root
# file system that may be read-only. tests/image.sh builds it and looks at all that.
#
#   docker build --build-arg COMMIT="$(git rev-parse --short=12 HEAD)" --tag zoom-proxy .
#
# Where the sources are only you know: --label org.opencontainers.image.source=https://…

ARG BASE=docker.io/library/debian:bookworm

FROM ${BASE} AS build
WORKDIR /src
# Of its own, so that a change of the sources installs nothing anew.
COPY deploy/install-packages.sh deploy/
RUN deploy/install-packages.sh build
COPY . .
# What `zoom-proxy --version --json` says; there is no git in here.
ARG COMMIT=
RUN cmake --preset release -DZOOM_PROXY_TESTS=OFF -DZOOM_PROXY_COMMIT="${COMMIT}" \
  && cmake --build --preset release --parallel "$(nproc)" --target zoom-proxy
RUN deploy/image/root.sh build/release/zoom-proxy /image

FROM scratch
ARG COMMIT=
# That of CMakeLists.txt; tests/deploy compares them.
ARG VERSION=0.1.0
COPY --from=build /image /
LABEL org.opencontainers.image.title="zoom-proxy" \
      org.opencontainers.image.description="A proxy before Zoom's API that lets no personal data through" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}"
# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
# Clients; health, metrics and the status page, which listen on 127.0.0.1 unless told otherwise.
EXPOSE 8080 9090
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/zoom-proxy"]
CMD ["serve"]
