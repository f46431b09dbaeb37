# Functions that look at what a step has made in a release, whose folder is the working directory. They stand before the
# script that needs them.

# Says which absolute targets links may have, a line each. It comes before all other functions.
allowing() {
	links=$1
}

refuse() {
	status=$1
	shift
	printf '%s\n' "$*" | tr '\n' ' ' | head -c 600 >&2
	echo >&2
	exit "$status"
}

# Prints why a link cannot be brought to another host; nothing where it can. Its target may be one of $links, a line each. Any other
# may go up from the link's folder first, though never above the release, and after that only down, so that no other link can lead
# it elsewhere.
#
# $1      the link, as ./<path>
misled() {
	link=${1#./}
	target=$(readlink "$1" && echo .) || {
		echo "$link cannot be read"
		return
	}
	target=${target%??} above=0 down='' rest=$link
	while [ "$rest" != "${rest#*/}" ]; do
		rest=${rest#*/} above=$((above + 1))
	done
	case $link in
	*' -> '*) echo "$link has \` -> \` in its name" ;;
	esac
	case $target in
	*"$line_feed"* | *"$carriage_return"*) echo "$link has a line break in its target" ;;
	/*)
		case $line_feed$links$line_feed in
		*"$line_feed$target$line_feed"*) ;;
		*) echo "$link points outside the release, to $target" ;;
		esac
		return
		;;
	esac
	rest=$target/
	while [ -n "$rest" ]; do
		part=${rest%%/*} rest=${rest#*/}
		case $part in
		'' | .) ;;
		..)
			above=$((above - 1))
			[ -z "$down" ] || echo "$link points to $target, with \`..\` behind a name"
			[ "$above" -ge 0 ] || echo "$link points outside the release, to $target"
			;;
		*) down=yes ;;
		esac
	done
}

# Ends 91 when something is missing that the step should have made, 92 when it made something that cannot be brought elsewhere.
#
# $1...   paths, as ./<path>
check_made() {
	missing=
	for path do
		[ -e "$path" ] || [ -L "$path" ] || missing="$missing ${path#./}"
		above=. rest=${path#./}
		while [ "$rest" != "${rest#*/}" ]; do
			above=$above/${rest%%/*} rest=${rest#*/}
			[ ! -L "$above" ] || refuse 92 "${above#./} is a link: what lies behind it is not the release's own"
		done
	done
	[ -z "$missing" ] || refuse 91 "it did not make:$missing"

	line_feed='
'
	carriage_return=$(printf '\r')
	for rule in \
		"! -type f ! -type d ! -type l:is no file, folder or link" \
		"-type f ( -perm -4000 -o -perm -2000 ):is setuid or setgid" \
		"-type f ! -perm -400:may not be read by its owner" \
		"-type d ! -perm -700:is a folder that its owner may not write to"; do
		set -f
		# shellcheck disable=SC2086 # find's words
		found=$(find "$@" ${rule%%:*}) || refuse 93 "what it made cannot be read through"
		set +f
		found=${found%%"$line_feed"*}
		[ -z "$found" ] || refuse 92 "${found#./} ${rule#*:}"
	done
	found=$(find "$@" \( -name "*$line_feed*" -o -name "*$carriage_return*" \) -print | head -n 1)
	[ -z "$found" ] || refuse 92 "${found#./} has a line break in its name"
	# `read` is printed only after a look at all of them: no output is no success.
	wrong=$(each_link "$@" | head -n 1)
	[ "$wrong" = read ] || refuse 92 "${wrong:-its links cannot be read}"
}

# Prints what is wrong with links, and at the end that all were looked at.
each_link() {
	{ find "$@" -type l && echo /all; } | while IFS= read -r link; do
		if [ "$link" = /all ]; then
			echo read
		else
			misled "$link"
		fi
	done
}
