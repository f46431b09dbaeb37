#!/bin/sh
# Builds dist/broken-brackets.tar.gz of the checked-out commit: what git holds, the wheels, and a lock file that names each by its digest,
# as `pip-compile --generate-hashes` does for packages of an index. The same commit gives the same content.
set -eu
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
rm -rf dist vendor/wheels
mkdir -p dist
python3 -m pip wheel --quiet --no-deps --wheel-dir vendor/wheels ./packages/brackets
for wheel in vendor/wheels/*.whl; do
	file=${wheel##*/}
	version=${file#*-}
	echo "${file%%-*}==${version%%-*} --hash=sha256:$(sha256sum <"$wheel" | cut -d ' ' -f 1)"
done >requirements.lock
git archive --output dist/broken-brackets.tar HEAD
tar --append --file dist/broken-brackets.tar --owner 0 --group 0 --mtime "@$SOURCE_DATE_EPOCH" vendor/wheels requirements.lock
gzip --no-name dist/broken-brackets.tar
