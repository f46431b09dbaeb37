# Writes down how a deployment ended, whole or as it was. A deployment that has no journal here has nothing to end.
#
# $1      the deploy path
# $2      the deployment's ID
# $3      the outcome, one word
# $4      a name that nothing else uses
# $5      'yes' to print what `current` names, else ''
LC_ALL=C
export LC_ALL
set -eu
umask 077
outcome=$3 new=outcome.$4
[ -d "$1/.slipway/deployments/$2" ] || exit 0
cd "$1/.slipway/deployments/$2"
trap '[ ! -e "$new" ] || rm -f "$new"' EXIT
# BusyBox's printf does not say that the disk is full, cat does.
printf '%s\n' "$outcome" >"$new" || printf '%s\n' "$outcome" | cat >"$new"
mv -f "$new" outcome
[ -z "$5" ] || readlink "$1/current" || :
