# The image that CI runs as a step. Two stages: the toolchain builds one static binary; what ships is that binary on a
# base that has a shell, because Kubernetes runners and GitLab start an action's image through `sh`, `env` and `tail`.
#
# No USER and no WORKDIR: the runner mounts files that belong to root, and sets the working directory itself.

# By tag, because a machine without a registry makes images under these tags itself (e2e/images/bases.sh). A release names
# both by digest: see release.yml.
ARG GO_IMAGE=golang:1.26.8-bookworm
ARG BASE_IMAGE=busybox:1.37.0-musl
# Go compiles for any machine, so the toolchain runs on the one that builds, and no emulator is needed. The builder that came
# before BuildKit does not say which that is.
ARG BUILD_ON=${BUILDPLATFORM:-linux/amd64}

FROM --platform=${BUILD_ON} ${GO_IMAGE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY main.go ./
COPY internal ./internal
# nethttpomithttp2 leaves out HTTP/2, half a megabyte: whatever is asked knows HTTP/1.1.
# Our own code is not inlined (-l), 0.6 MB, but for the packages that every byte of an artifact or of a log goes through.
# VERSION is what a release is called, without the v; left out where an action is built from its source.
ARG VERSION=
ARG TARGETARCH
ARG OURS=github.com/slipway/slipway/internal
RUN CGO_ENABLED=0 GOARCH=${TARGETARCH} go build -trimpath -buildvcs=false -tags nethttpomithttp2 \
      -gcflags "${OURS}/...=-l" -gcflags "${OURS}/artifact/...=" -gcflags "${OURS}/secret=" -gcflags "${OURS}/transport/...=" \
      -ldflags "-s -w -buildid= -X github.com/slipway/slipway/internal/app.buildVersion=${VERSION}" -o /out/slipway . \
 && ln -s slipway /out/slipway-post

FROM ${BASE_IMAGE}
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
# A folder, because of a link by itself COPY would take what it names. By its second name the program is the action's post step.
COPY --from=build /out/ /usr/local/bin/
ENTRYPOINT ["/usr/local/bin/slipway"]
