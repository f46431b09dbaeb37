# Prints the manifest of a release: the entries, an empty line, the hashes. Compressed where the host can.
#
# $1      the release's records
LC_ALL=C
export LC_ALL
set -u
cd "$1/manifest" || exit 1
[ -f entries ] && [ -f sha256 ] || exit 1
if command -v gzip >/dev/null 2>&1; then
    { cat entries && echo && cat sha256; } | gzip -1c
else
    cat entries && echo && cat sha256
fi
