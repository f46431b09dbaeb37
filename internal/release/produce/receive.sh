# Takes what another host's step has made from standard input, verifies it, puts it into this host's release in the place of
# what was there, and writes down that the step is done here.
#
# $1      the deploy path
# $2      the release's ID
# $3      encoding of the payload: zstd, gzip or none
# $4      a name that nothing else uses
# $5      folder of the step's try in the journal, relative to the deploy path
# $6      its meta
# $7      the umask of folders that are made
# $8      its log
# $9...   paths, relative to the release
#
# The functions of process.sh and unpack.sh stand before it.
#
# Ends 90 when a program is missing, 91 when the payload cannot be unpacked, 92 when what was unpacked is not what the
# manifest says, 93 when the host cannot take it.
LC_ALL=C
export LC_ALL
set -u
root=$1 id=$2 try=$5 meta=$6 mask=$7 log=$8
release=releases/$id records=.slipway/releases/$id
incoming=$records/produced-$4
unpacking "$incoming" "$3"
shift 8

cd "$root/" || exit 93
! ended "$try" || exit 0
if [ ! -e "$records/staged" ] || [ ! -d "$release" ]; then
	fail 93 "$PWD/$release is no complete release"
fi
check_programs

umask 077
rm -rf "$records"/produced-* || fail 93 "leftovers of an earlier attempt cannot be removed"
make_incoming
# Modes and times stay as they were made: the files are for this release, and caches and compilers go by their times.
unpack -xpof manifest/sha256 manifest/entries tree
check_members
for path do
	[ -e "$incoming/tree/$path" ] || [ -L "$incoming/tree/$path" ] || fail 91 "the payload is incomplete: it has no $path"
done

# Makes the folders above a path in the release, with the rights that they have where they were made. None may be a link:
# what is put there would land outside of the release.
parents() {
	above=$release rest=$1
	while [ "$rest" != "${rest#*/}" ]; do
		above=$above/${rest%%/*} rest=${rest#*/}
		[ ! -L "$above" ] || fail 93 "$above is a link: nothing can be put below it"
		[ ! -d "$above" ] || continue
		(umask "$mask" && mkdir "$above") || fail 93 "$above cannot be made"
		if ! mode=$(stat -c %a "$incoming/tree/${above#"$release/"}") || ! set_rights "${mode#"${mode%???}"}" "$above"; then
			fail 93 "the rights of $above cannot be set"
		fi
	done
}

# A run that dies in here leaves no record, and the next one does all of it again.
fence rm -rf "$incoming"
mkdir "$incoming/old" "$incoming/try" || fail 93 "no folder can be made in $PWD/$incoming"
number=0
for path do
	parents "$path"
	number=$((number + 1))
	if [ -e "$release/$path" ] || [ -L "$release/$path" ]; then
		mv "$release/$path" "$incoming/old/$number" || fail 93 "$release/$path cannot be replaced"
	fi
	mv "$incoming/tree/$path" "$release/$path" || fail 93 "$release/$path cannot be put in its place"
done
sync -f "$release" 2>/dev/null || sync

# The record comes last, whole, by one rename.
record() {
	printf '%s\n' "$log" >"$incoming/try/log" && printf '%s\n' "$meta" >"$incoming/try/meta" &&
		echo 'exit 0' >"$incoming/try/status" && mkdir -p "${try%/*}"
}
record || fail 93 "it cannot be written down in the journal"
sync "$incoming"/try/* 2>/dev/null || sync
fence rm -rf "$incoming"
[ -e "$try/status" ] || mv "$incoming/try" "$try" || fail 93 "it cannot be written down in the journal"
sync "${try%/*}" 2>/dev/null || :
rm -rf "$incoming"
