# Lifts a hold.
#
# $1      the deploy path
#
# Ends 92 when it stays.
LC_ALL=C
export LC_ALL
set -u
rm -f "$1/.slipway/hold" && exit 0
echo "$1/.slipway/hold cannot be removed" >&2
exit 92
