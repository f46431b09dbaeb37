# Puts deploys on hold.
#
# $1      the deploy path
# $2      the content of .slipway/hold
# $3      a name that nothing else uses
# $4      the umask of the deploy path, where it is made
#
# Ends 92 when the host cannot write.
LC_ALL=C
export LC_ALL
set -u
root=$1 hold=$2 new=.slipway/hold.$3
umask "$4"
if ! mkdir -p "$root" || ! cd "$root/"; then
	exit 92
fi
umask 077
if ! mkdir -p .slipway || ! printf '%s\n' "$hold" >"$new" || ! mv -f "$new" .slipway/hold; then
	rm -f "$new"
	echo "$PWD/.slipway/hold cannot be written" >&2
	exit 92
fi
