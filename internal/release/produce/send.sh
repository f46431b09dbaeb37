# Writes what a step has made to standard output, as a payload: a tar with the manifest and, below tree/, the members.
#
# $1      the deploy path
# $2      the release's ID
# $3      encoding of the payload: zstd, gzip or none
# $4      a name that nothing else uses
# $5      absolute targets that links may have, a line each
# $6...   paths, relative to the release
#
# Ends 91 when something is missing, 92 when something cannot be brought, 93 when it cannot be read, or no manifest written.
LC_ALL=C
export LC_ALL
set -u
root=$1 id=$2 encoding=$3 fresh=$4
allowing "$5"
shift 5
cd "$root/releases/$id/" || exit 93
outgoing=$root/.slipway/releases/$id/outgoing
for path do
	shift
	set -- "$@" "./$path"
done
check_made "$@"

# Leftovers of a run that died go. What it still sends has its files open.
umask 077
rm -rf "$outgoing"-*
outgoing=$outgoing-$fresh
said=$({ mkdir -p "$outgoing/manifest" && ln -s "../../../../releases/$id" "$outgoing/tree"; } 2>&1) || refuse 93 "$said"
trap 'rm -rf "$outgoing"' EXIT

# The folders above what was made are listed, too, for their modes. `listed` comes only when nothing failed.
list() {
	for path do
		above=. rest=${path#./}
		while [ "$rest" != "${rest#*/}" ]; do
			above=$above/${rest%%/*} rest=${rest#*/}
			stat -c 'd %a %n' "$above" || return
		done
	done
	find "$@" -type f -exec stat -c 'f %a %n' {} + || return
	find "$@" -type d -exec stat -c 'd %a %n' {} + || return
	find "$@" -type l -exec sh -c 'for link do
		printf "l 777 %s -> " "$link"
		readlink "$link" || exit
	done' sh {} + || return
	echo listed
}
said=$(
	{
		list "$@" | sed 's/^\([a-z]*\) [0-7]*\([0-7][0-7][0-7]\) /\1 \2 /' | sort -u >"$outgoing/manifest/entries.new" &&
			grep -q '^listed$' "$outgoing/manifest/entries.new" &&
			grep -v '^listed$' "$outgoing/manifest/entries.new" >"$outgoing/manifest/entries" &&
			rm "$outgoing/manifest/entries.new" &&
			find "$@" -type f -exec sha256sum {} + >"$outgoing/manifest/sha256.new" &&
			# For a name with a backslash GNU's sha256sum writes an escaped form, which not every program reads.
			sed '/^\\/{s/^\\//;s/\\\\/\\/g;}' "$outgoing/manifest/sha256.new" >"$outgoing/manifest/sha256" &&
			rm "$outgoing/manifest/sha256.new"
	} 2>&1
) || refuse 93 "its manifest cannot be made: $said"

encode() {
	case $encoding in
	zstd) zstd -cq ;;
	gzip) gzip -c ;;
	none) cat ;;
	esac
}

cd "$outgoing" || exit 93
for path do
	shift
	set -- "$@" "tree/${path#./}"
done
# GNU's format is what every tar reads, also of long names.
case $(tar --version 2>&1) in
*'GNU tar'*) set -- --format=gnu -cf - manifest "$@" ;;
*) set -- -cf - manifest "$@" ;;
esac
# The status of the first program of a pipe is written among the messages: standard output is for the payload alone.
exec 3>&1
said=$({ { tar "$@" || echo "tar ended $?" >&2; } | encode >&3; } 2>&1)
encoded=$?
exec 3>&-
case $said in
*'tar ended'*) refuse 93 "it cannot be read to its end: $said" ;;
esac
[ "$encoded" -eq 0 ] || refuse 93 "it cannot be compressed: $said"
