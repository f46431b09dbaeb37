# Writes a sign of life into the lock, under the guard. The file has had its block on the disk since the lock was taken, so
# that a full disk stops no heartbeat. Whoever reads it half written sees that it changed, which is all that it says.
#
# $1      the deploy path
# $2      the generation
# $3      text that no earlier beat had, at most 31 bytes
LC_ALL=C
export LC_ALL
set -eu
printf '%-31s\n' "$3" 1<>"$1/.slipway/lock/$2/heartbeat"
