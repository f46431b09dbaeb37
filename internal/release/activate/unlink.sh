# Removes `current`, where it names what it is thought to name.
#
# $1      the deploy path
# $2      the deployment's ID
# $3      the text that the link must have
# $4 $5   the journal's lines: intent, and success
# $6      the journal's line: failure
#
# Ends 90 when current is no link, 91 when it names something else, 92 when it cannot be removed, 94 when it is removed
# and that could not be written down. No current at all is success.
LC_ALL=C
export LC_ALL
set -u
target=$3 intent=$4 success=$5 failure=$6
journal=.slipway/deployments/$2/activation.jsonl

refuse() {
	status=$1
	shift
	printf '%s\n' "$*" >&2
	exit "$status"
}

cd "$1/" || exit 92
umask 077
if [ ! -L current ]; then
	[ ! -e current ] || refuse 90 "$PWD/current is not a link"
	exit 0
fi
now=$(readlink current)
[ "$now" = "$target" ] || refuse 91 "$PWD/current names $now and not $target"
printf '%s\n' "$intent" >>"$journal" || refuse 92 "$PWD/$journal cannot be written to"
command -v fence >/dev/null || fence() { :; }
fence :
if ! rm -f current; then
	printf '%s\n' "$failure" >>"$journal"
	refuse 92 "$PWD/current cannot be removed"
fi
printf '%s\n' "$success" >>"$journal" || refuse 94 "current is removed, but $PWD/$journal cannot be written to"
