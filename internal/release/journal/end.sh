# Writes down how a deployment ended, whole or as it was, and prints what `current` names. A deployment that has no journal here has
# nothing to end.
#
# $1      the deploy path
# $2      the deployment's ID
# $3      the outcome, one word
# $4      a name that nothing else uses
LC_ALL=C
export LC_ALL
set -eu
umask 077
outcome=$3 new=outcome.$4
[ -d "$1/.slipway/deployments/$2" ] || exit 0
cd "$1/.slipway/deployments/$2"
trap 'rm -f "$new"' EXIT
# cat, unlike a shell's own printf, says so where the disk is full.
printf '%s\n' "$outcome" | cat >"$new"
mv -f "$new" outcome
readlink "$1/current" || :
