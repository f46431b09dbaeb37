# Compares a release with what it held once its prepare steps were through: see driftprepared.sh. Where nobody wrote that down, it compares
# the members of the artifact with its manifest. What lies in the release beside these, steps have made, or the program: it is not
# compared then. Nor is what is linked into the release: shared folders and files, and secret files.
#
# $1      the deploy path
# $2      the ID of the release
# $3      the umask under which it was made, octal
#
# Prints a line for each difference, "<what> ./<path>": changed (another content), missing, kind (a folder in the place of a file,
# or the like), rights, target (of a link). Then "compared <members>". It changes nothing. Ends 90 where there is no manifest.
LC_ALL=C
export LC_ALL
set -u
root=$1 id=$2 umask=$3
manifest=$root/.slipway/releases/$id/manifest
if [ ! -f "$manifest/entries" ] || [ ! -f "$manifest/sha256" ]; then
	echo "$root/releases/$id has no manifest: another tool made it" >&2
	exit 90
fi
if ! cd "$root/releases/$id/" 2>/dev/null; then
	echo "$root/releases/$id is not there" >&2
	exit 91
fi

prepared=$root/.slipway/releases/$id/prepared
if [ -f "$prepared" ]; then
	case $(tail -n 1 "$prepared") in
	'end '*) # it is whole
		drift_prepared "$manifest" "$prepared" "$root/.slipway/releases/$id/staged"
		exit 0
		;;
	esac
fi

# Reports whether a path of the release leads out of it by a link that Slipway made.
linked() {
	above='' rest=${1#./}
	while [ -n "$rest" ]; do
		above=$above${above:+/}${rest%%/*}
		if [ -L "$above" ]; then
			# shellcheck disable=SC3013 # dash, ash, ksh and bash have it, and POSIX since 2024
			[ "$above" -ef "$root/shared/$above" ] || [ "$above" -ef "$root/.slipway/secrets/$id/$above" ]
			return
		fi
		case $rest in
		*/*) rest=${rest#*/} ;;
		*) rest= ;;
		esac
	done
	return 1
}

# Passes on the lines of differences that count, each path once: what is missing or of another kind has no content or rights either.
told() {
	last=
	while IFS= read -r line; do
		path=${line#* }
		if [ "$path" != "$last" ] && ! linked "$path"; then
			last=$path
			printf '%s\n' "$line"
		fi
	done
}

# Of modes group and others count only under the usual umask: another one took some of them away, or gave them. No umask makes a file
# setuid, whose mode has four digits.
modes='s/^\([fd]\) \([0-7]\)[0-7][0-7] /\1 \200 /'
[ "$umask" != 022 ] && [ "$umask" != 0022 ] || modes=

# What the manifest has and the release has not: lines that are there twice, since the manifest's stand for two.
members() {
	{
		{
			find . ! -name . -type f -exec stat -c 'f %a %n' {} + 2>/dev/null
			find . ! -name . -type d -exec stat -c 'd %a %n' {} + 2>/dev/null
			find . -type l -exec sh -c 'for link do
				printf "l 777 %s -> " "$link"
				readlink "$link"
			done' sh {} + 2>/dev/null
		} | sed -e 's/^d [0-7]*\([0-7][0-7][0-7]\) /d \1 /' -e "$modes"
		sed -e "$modes" -e p "$manifest/entries"
	} | sort | uniq -c | sed -n 's/^ *2 //p'
}

{
	members | while IFS= read -r line; do
		kind=${line%% *} path=${line#* * }
		[ "$kind" != l ] || path=${path%% -> *}
		what=kind
		case $kind in
		f) { [ ! -f "$path" ] || [ -L "$path" ]; } || what=rights ;;
		d) { [ ! -d "$path" ] || [ -L "$path" ]; } || what=rights ;;
		l) [ ! -L "$path" ] || what=target ;;
		esac
		[ -e "$path" ] || [ -L "$path" ] || what=missing
		printf '%s %s\n' "$what" "$path"
	done
	if [ -s "$manifest/sha256" ]; then
		sha256sum -c "$manifest/sha256" 2>/dev/null | sed -n 's/^\(.*\): FAILED.*$/\1/p' | while IFS= read -r path; do
			[ ! -f "$path" ] || [ -L "$path" ] || printf 'changed %s\n' "$path"
		done
	fi
} | sort -k 2 | told
printf 'compared '
grep -c '' "$manifest/entries"
