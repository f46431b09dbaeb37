# Prints what lock_state says of a deploy path; nothing when it does not exist.
#
# $1      the deploy path
LC_ALL=C
export LC_ALL
set -u
[ -d "$1/.slipway" ] || exit 0
cd "$1/" || exit 1
lock_state
