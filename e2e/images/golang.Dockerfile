# Stands in for the golang image where no registry is in reach: Debian, and this machine's own Go toolchain as the build's
# context. It trusts what the machine trusts (which may sit behind a proxy with its own authority) to fetch modules, and
# keeps Debian's authorities where they are, for the image that is shipped.
FROM debian:bookworm-slim
COPY bin /usr/local/go/bin
COPY pkg /usr/local/go/pkg
COPY src /usr/local/go/src
COPY VERSION go.env /usr/local/go/
COPY ca-certificates.crt /usr/local/share/machine/ca-certificates.crt
ENV PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    GOTOOLCHAIN=local \
    SSL_CERT_FILE=/usr/local/share/machine/ca-certificates.crt
RUN go version
# What the Dockerfile's build would otherwise fetch and compile again: Go takes of it what is the same, by hash.
COPY modules /root/go/pkg/mod/cache/download
COPY compiled /root/.cache/go-build
