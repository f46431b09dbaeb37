#!/bin/sh
# Builds dist/<app>.tar.gz of the checked-out commit: what all have in common, what apps/<app> lays over it, and the wheels of its
# requirements. It runs where Python and the system are those of the host, so that the wheels are for it.
set -eu
app=$1
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
git archive HEAD:app | tar -C "$tree" -xf -
git archive "HEAD:apps/$app" | tar -C "$tree" -xf -
rm "$tree/slipway.yml" # a deploy file is no part of a release
python3 -m pip download --quiet --only-binary :all: --dest "$tree/wheels" --requirement "$tree/requirements.txt"
mkdir -p dist
tar -C "$tree" --sort name --owner 0 --group 0 --mtime "@$(git log -1 --format=%ct)" -cf "dist/$app.tar" .
gzip --no-name --force "dist/$app.tar"
