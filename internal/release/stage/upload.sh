# Unpacks a release from standard input, copies what does not come with it from another release, verifies every member against the
# manifest, and puts the release in its place. What is in releases/ without the mark `staged` is not a release.
#
# $1      the deploy path
# $2      the release's ID
# $3      encoding of the payload: zstd or gzip
# $4      the umask of the release's members
# $5      a mark that the release has from its beginning; none
# $6      a name that nothing else uses
# $7      the folder of a release on this host, the base, that has what does not come with the payload; none where all comes
# $8      the base's records, of whose manifest the new one is made; none where that comes with the payload
# $9      the SHA-256 of what the payload is decoded against, files of the base one behind the other; none where it is decoded as it is
# $10     their paths, a line each
# $11...  what pulling of pull.sh takes, where the payload has no more than the manifest
#
# The functions of unpack.sh stand before it, where there is $7 those of copy.sh, and where there is $11 those of pull.sh.
#
# Two of it may be at work on one release, where the link to the first was lost: it has all that it needs to go on. Each has a folder of
# its own, so that what is put in its place is what was verified, and the second removes that of the first.
#
# Ends 90 when a program is missing, 91 when the payload cannot be unpacked, 92 when what was unpacked is not what the
# manifest says, 93 when the host cannot take it. Where there is a base, 94 when nothing can be made of it, and 95 when members did not
# become what the manifest says: their paths are printed then. Where the payload is decoded against something, 96 when that cannot be done
# here: another payload may do. Where members are pulled every failure ends 94.
LC_ALL=C
export LC_ALL
set -u
root=$1 id=$2 mask=$4 mark=$5 own=$6 base=${7:-} theirs=${8:-} sum=${9:-} old=${10:-}
records=.slipway/releases/$id
incoming=$records/incoming-$own
unpacking "$incoming" "$3"
[ $# -lt 11 ] || {
	shift 10
	pulling "$@"
}

cd "$root/" || exit 93
# One rename puts the release in its place: it is unpacked on the disk that it is to lie on.
devices=$(stat -L -c %d .slipway releases)
if [ "${devices%%[!0-9]*}" != "${devices##*[!0-9]}" ]; then
	incoming=releases/.incoming-$id-$own
fi
if [ -e "$records/staged" ] && [ -d "releases/$id" ]; then
	# One that has the mark still, and was never verified, is what a deployment left that did not come to its end.
	if [ -z "$mark" ] || [ ! -e "$records/$mark" ] || [ -e "$records/verified" ]; then
		exit 0
	fi
	rm -f "$records/staged" || fail 93 "the mark cannot be removed"
fi
check_programs

# Removes what lies at a path. What a try that goes on has written there meanwhile is removed again, for a minute: it ends once its
# folder is gone.
remove() {
	tries=0
	until said=$(rm -rf "$1" 2>&1); do
		tries=$((tries + 1))
		case $tries,$said in
		60,* | *denied* | *'not permitted'*) ;;
		*'not empty'* | *'o such file'*) # BusyBox's rm says so of what another one has removed meanwhile
			lock_beat removed
			sleep 1
			continue
			;;
		esac
		fail 93 "leftovers of an earlier attempt cannot be removed: $said"
	done
}

# Leftovers of an attempt that died. A tree without the mark was never live, since current is only switched to one with it. The records go
# before the tree does, so that half of one is never marked, by a try that goes on neither.
umask 077
for left in "$records" "releases/.incoming-$id"* "releases/$id"; do
	if [ -e "$left" ] || [ -L "$left" ]; then
		remove "$left"
	fi
done
[ -n "$pulled" ] || [ ! -e .slipway/pulled ] || rm -rf .slipway/pulled # an earlier attempt may have begun to pull
make_incoming
[ -d "$records" ] || mkdir -p "$records" || fail 93 "$PWD/$records cannot be made"

[ -z "$sum" ] || make_dictionary "$base" "$sum" "$old"

# Members get the time of now (m): the payload has none, and web servers go by size and time when a cache asks for what
# has changed since the last release.
if [ -n "$pulled" ]; then
	unpack -xomf manifest/sha256 manifest/entries manifest/content
	pull_members
elif [ -z "$base" ]; then
	unpack -xomf manifest/sha256 manifest/entries manifest/content tree
elif [ -z "$theirs" ]; then
	unpack -xomf manifest/sha256 manifest/entries manifest/content delta/moved tree
else
	unpack -xomf delta/entries delta/sha256 delta/sums delta/moved manifest/content tree
	patch_manifest "$theirs"
fi
[ -z "$sum" ] || drop_dictionary
[ -z "$base" ] || copy_members "$base"
check_members
apply_umask "$incoming/tree" "$mask"

fence :
mv "$incoming/manifest" "$records/manifest" || fail 93 "the manifest cannot be kept"
mv "$incoming/tree" "releases/$id" || fail 93 "the release cannot be put in its place"
sync -f "releases/$id" 2>/dev/null || sync
[ -z "$mark" ] || true >"$records/$mark" || fail 93 "the mark cannot be written"
true >"$records/staged" || fail 93 "the mark cannot be written"
rm -rf "$incoming"
