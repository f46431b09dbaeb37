# Keeps a release's activate block, whole or as it was. A release that has none is not prepared yet, and nobody goes back to it: there it
# needs no other name until it is whole.
#
# $1      the deploy path
# $2      the release's ID
# $3      the block
# $4      a name that nothing else uses
LC_ALL=C
export LC_ALL
set -eu
umask 077
block=$3 new=activate.json.$4
cd "$1/.slipway/releases/$2"
if [ ! -e activate.json ]; then
	printf '%s\n' "$block" >activate.json
	exit 0
fi
trap '[ ! -e "$new" ] || rm -f "$new"' EXIT
printf '%s\n' "$block" >"$new"
mv -f "$new" activate.json
