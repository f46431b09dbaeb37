#!/bin/sh
# Builds dist/broken-brackets.tar.gz of the checked-out commit: what git holds, and a wheel of our own library. The same
# commit gives the same content, so that building it again ("Re-run all jobs") deploys nothing new.
set -eu
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
rm -rf dist vendor/wheels
mkdir -p dist
python3 -m pip wheel --quiet --no-deps --wheel-dir vendor/wheels ./packages/brackets
git archive --output dist/broken-brackets.tar HEAD
tar --append --file dist/broken-brackets.tar --owner 0 --group 0 --mtime "@$SOURCE_DATE_EPOCH" vendor/wheels
gzip --no-name dist/broken-brackets.tar
