#!/bin/sh
# Puts this release's static files beside those of earlier ones in assets/, which is shared by all releases of a host. Their
# names carry their digests, so a file that is there already is the same. One is there whole or not at all.
set -eu
cd static
find . -type f | while read -r file; do
	kept=../assets/$file
	if [ ! -e "$kept" ]; then
		mkdir -p "${kept%/*}"
		cp "$file" "$kept.$$"
		mv "$kept.$$" "$kept"
	fi
done
