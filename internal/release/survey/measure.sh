# Tells how much room releases take, and what is left of deleted ones, of dead uploads, and of archives that hosts pulled. It changes nothing.
#
# $1      the deploy path
#
# Prints a line for each release, "<ID> <KiB> <inodes>", and one "left <KiB> <inodes>" for all the rest. What cannot be measured
# is left out, and so is all of it where there is no deploy path yet.
LC_ALL=C
export LC_ALL
cd "$1/" 2>/dev/null || exit 0
command -v du >/dev/null || exit 0

# Prints a name, and the room that all trees behind it take.
measure() {
	name=$1
	shift
	kib=0 inodes=0
	for tree do
		if [ -d "$tree" ] && [ ! -L "$tree" ]; then
			used=$(du -sk "$tree" 2>/dev/null)
			used=${used%%[!0-9]*}
			kib=$((kib + ${used:-0}))
			inodes=$((inodes + $(find "$tree" 2>/dev/null | grep -c '')))
		fi
	done
	printf '%s %s %s\n' "$name" "$kib" "$inodes"
}

for release in releases/[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]-*; do
	[ ! -d "$release" ] || measure "${release#releases/}" "$release"
done
measure left releases/.pruned-* releases/.incoming-* .slipway/releases/*/incoming* .slipway/pulled
