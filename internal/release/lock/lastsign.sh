# Prints how many seconds ago the owner of a deploy path's lock gave its last sign of life, by the host's own clock; nothing when
# it was never taken.
#
# $1      the deploy path
LC_ALL=C
export LC_ALL
set -u
cd "$1/" || exit 1
lock_highest .slipway/lock
# shellcheck disable=SC2154 # lock_highest sets it
[ "$lock_highest" -gt 0 ] || exit 0
# A lock that has just been taken has no heartbeat yet.
newest=$(stat -L -c %Y ".slipway/lock/$lock_highest" ".slipway/lock/$lock_highest"/* 2>/dev/null | sort -n | tail -n 1)
now=$(date +%s)
[ -z "$newest" ] || echo $((now - newest))
