# Prints a release's activate block. Ends 90 when there is none.
#
# $1      the deploy path
# $2      the release's ID
LC_ALL=C
export LC_ALL
set -u
block=$1/.slipway/releases/$2/activate.json
if [ ! -e "$block" ]; then
	echo "$block does not exist" >&2
	exit 90
fi
cat "$block"
