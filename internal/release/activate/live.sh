# Ends 90 unless `current` leads to a release: a step may have changed it.
#
# $1      the deploy path
# $2      the release's ID
LC_ALL=C
export LC_ALL
set -u
cd "$1/" || exit 92
# shellcheck disable=SC3013 # dash, ash, ksh and bash have it, and POSIX since 2024
[ current -ef "releases/$2" ] && exit 0
now=$(readlink current) || now=nothing
printf '%s\n' "$PWD/current names $now, and not releases/$2, to which it was switched" >&2
exit 90
