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
outcome=$3 new=outcome.$4 said=
if [ -d "$1/.slipway/deployments/$2" ]; then
	cd "$1/.slipway/deployments/$2"
	# A file that is empty says nothing, so a new one needs no other name until it is whole.
	[ -s outcome ] || new=outcome
	# BusyBox's printf fails where the disk is full, and does not say so.
	printf '%s\n' "$outcome" >"$new" || printf '%s\n' "$outcome" | cat >"$new" || :
	read -r said <"$new" || :
	if [ "$said" != "$outcome" ]; then
		# Another try may be writing the one that has its own name.
		[ "$new" = outcome ] || rm -f "$new"
		echo "$PWD/outcome cannot be written" >&2
		exit 1
	fi
	[ "$new" = outcome ] || mv -f "$new" outcome
	[ -z "$5" ] || readlink "$1/current" || :
fi
