# Makes `current` name something else, in one rename.
#
# $1      the deploy path
# $2      the deployment's ID
# $3      the release's ID, or '' where the target is another tool's
# $4      the link's new text
# $5      text for `previous`, or '' to leave it alone
# $6      a name that nothing else uses
# $7 $8   the journal's lines: intent, and success, which may be several
# $9      the journal's line: failure
#
# `current` is not touched when it ends 90 (current or previous is no link), 91 (the target is no complete release) or
# 92 (the host cannot write). It ends 93 when current does not name the target after the rename, 94 when it does and the
# rest could not be written.
LC_ALL=C
export LC_ALL
set -u
id=$3 target=$4 previous=$5 fresh=.switch-$6 intent=$7 success=$8 failure=$9
journal=.slipway/deployments/$2/activation.jsonl

refuse() {
	status=$1
	shift
	printf '%s\n' "$*" >&2
	exit "$status"
}

# Ends with the outcome in the journal, and leaves nothing of this run behind.
fail() {
	rm -rf "$fresh"
	printf '%s\n' "$failure" >>"$journal"
	refuse "$@"
}

cd "$1/" || exit 92
for name in current previous; do
	if [ -e "$name" ] && [ ! -L "$name" ]; then
		refuse 90 "$PWD/$name is not a link"
	fi
done
if [ -n "$id" ] && [ ! -e ".slipway/releases/$id/staged" ]; then
	refuse 91 "$PWD/$target is not a complete release"
fi
[ -d "$target" ] || refuse 91 "$target does not exist below $PWD"

umask 077
printf '%s\n' "$intent" >>"$journal" || refuse 92 "$PWD/$journal cannot be written to"

# The release is written to the disk before the name that leads to it.
sync -f "$target" 2>/dev/null || sync

# ln over an existing link is not one rename everywhere; mv of a link is. The links are made in a folder of this run alone, so
# that a link which a dead run left is never moved into place.
umask 022
mkdir "$fresh" || fail 92 "no folder can be made in $PWD"
ln -s "$target" "$fresh/current" || fail 92 "no link can be made in $PWD"
if [ -n "$previous" ]; then
	ln -s "$previous" "$fresh/previous" || fail 92 "no link can be made in $PWD"
fi
command -v fence >/dev/null || fence() { :; }
fence rm -rf "$fresh"
mv -f "$fresh/current" ./ || fail 92 "$PWD/current cannot be replaced"
# shellcheck disable=SC3013 # dash, ash, ksh and bash have it, and POSIX since 2024
[ current -ef "$target" ] || fail 93 "$PWD/current names $(readlink current || echo nothing) and not $target"
if [ -n "$previous" ]; then
	mv -f "$fresh/previous" ./ || fail 94 "current is switched, but $PWD/previous cannot be replaced"
fi
rmdir "$fresh"
umask 077
printf '%s\n' "$success" >>"$journal" || refuse 94 "current is switched, but $PWD/$journal cannot be written to"
