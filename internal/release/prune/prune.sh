# Removes releases that nobody keeps, with their records and secrets, and what dead deployments left behind.
#
# $1      the deploy path
# $2      the command that removes a release which this user may not remove, words separated by spaces; '' for none
# $3...   IDs of the releases to keep; what current, previous and adopted releases lead to is kept in any case
#
# The function of reserve.sh stands before it.
#
# Prints the ID of each release that is gone, a line each; at its end "through", or "stuck " and what could not be removed, after
# all others. That is no failure: what follows in the same command does not depend on it.
LC_ALL=C
export LC_ALL
set -u
command=$2
cd "$1/" || exit 1
shift 2

d='[0-9]' x='[0-9a-f]'
form="$d$d$d$d$d$d$d$d-$d$d$d$d$d$d-$x$x$x$x$x$x$x-$x$x$x$x$x$x"
kept=" $* " linked='' here=$PWD
for link in current previous releases/[0-9]*-*; do
	[ -L "$link" ] || continue
	# Where it leads, without a program where it leads to a folder; where it leads nowhere (a disk is away?), what it says.
	if cd -P "./$link" 2>/dev/null; then
		linked=$linked$PWD/
		cd "$here" || exit 1
	else
		linked="$linked/$(readlink "$link")/$(readlink -f "$link")/"
	fi
done

# Reports whether a name has the form of a release ID and is not to be kept.
goes() {
	# shellcheck disable=SC2254 # the form is a pattern
	case $1 in
	$form) ;;
	*) return 1 ;;
	esac
	case $kept in
	*" $1 "*) return 1 ;;
	esac
	case $linked in
	*/"$1"/*) return 1 ;;
	esac
	# One that is itself a link has another name there. shellcheck knows -ef from POSIX of before 2024: dash, ash, ksh and bash have it.
	# shellcheck disable=SC3013
	! [ current -ef "releases/$1" ] && ! [ previous -ef "releases/$1" ]
}

# What could not be removed: how many, the names of the first few, and what rm said about the first.
stuck=0 names='' why=''

# Removes a tree, also one with folders that its owner may not write to.
remove() {
	rm -rf "$1" 2>/dev/null && return
	find "$1" -type d -exec chmod u+rwx {} \; 2>/dev/null
	said=$(rm -rf "$1" 2>&1) && return
	if [ "${2:-}" = release ] && [ -n "$command" ]; then
		fence :
		# shellcheck disable=SC2086 # words
		said=$($command "$PWD/$1" </dev/null 2>&1)
		[ -e "$1" ] || [ -L "$1" ] || return 0
	fi
	[ "$stuck" -gt 0 ] || why=$(printf '%s\n' "$said" | head -n 1 | head -c 300)
	stuck=$((stuck + 1))
	[ "$stuck" -gt 10 ] || names="$names, $1"
	return 1
}

# The fence stands before each removal: whoever has lost the lock may not take away what its new owner counts on.
command -v fence >/dev/null || fence() { :; }
command -v lock_beat >/dev/null || lock_beat() { :; }

# What an earlier run renamed and did not remove any more.
for left in releases/.pruned-*; do
	if [ -e "$left" ] || [ -L "$left" ]; then
		lock_beat prune
		remove "$left" release
	fi
done

for release in releases/*; do
	lock_beat prune
	id=${release#releases/}
	if goes "$id" && { [ -e "$release" ] || [ -L "$release" ]; }; then
		fence :
		# The mark goes first, then the name: a release that is half removed must not be taken for a whole one.
		if rm -f ".slipway/releases/$id/staged"; then
			! mv -f "$release" "releases/.pruned-$id" 2>/dev/null || release=releases/.pruned-$id
			remove "$release" release && printf '%s\n' "$id"
		fi
	fi
done

# Records and secrets of releases that are not there (any more): uploads that died among them.
fence :
for folder in .slipway/releases/* .slipway/secrets/*; do
	id=${folder##*/}
	if goes "$id" && [ ! -e "releases/$id" ] && [ -e "$folder" ]; then
		remove "$folder"
	fi
done

# Journals: the newest 50 stay, and those of deployments that touched the live site and did not end. Of the others, those are
# removed that are older than every release here. The time of a journal is that of its last change of plan or outcome.
prune_journals() {
	[ "$#" -gt 50 ] || return 0
	oldest=$(stat -c %Y .slipway/releases/*/staged 2>/dev/null | sort -n | head -n 1)
	while read -r changed folder; do
		if [ -z "$folder" ] || [ "$changed" -ge "${oldest:-$((changed + 1))}" ]; then
			continue
		fi
		if [ -s "$folder/outcome" ] || [ ! -e "$folder/activation.jsonl" ]; then
			remove "$folder"
		fi
	done <<END
$(stat -c '%Y %n' "$@" 2>/dev/null | sort -rn | tail -n +51)
END
}
prune_journals .slipway/deployments/*

# Uploads that died, where releases/ lies on another disk: none is under way while the lock is held for pruning.
fence :
for folder in releases/.incoming-*; do
	[ ! -d "$folder" ] || remove "$folder"
done

# What dead runs left of a switch, and of an archive that hosts pull: a re-run of today goes on with that.
for folder in .switch-* .slipway/pulled; do
	if [ -d "$folder" ] && [ -n "$(find "$folder" -prune -mtime +0)" ]; then
		remove "$folder"
	fi
done
lock_reserve

[ "$stuck" -le 10 ] || names="$names, and $((stuck - 10)) more,"
case $stuck in
0) echo through ;;
*) printf 'stuck %s: %s cannot be removed: %s\n' "$PWD" "${names#, }" "$why" ;;
esac
