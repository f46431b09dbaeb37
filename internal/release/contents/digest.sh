# Prints the content digest of a release; nothing where it has no manifest.
#
# $1      the release's records
set -u
[ ! -f "$1/manifest/content" ] || head -c 256 "$1/manifest/content"
