# Unpacks a release from standard input, verifies every member against the manifest that comes with it, and puts it in
# its place. What is in releases/ without the mark `staged` is not a release.
#
# $1      the deploy path
# $2      the release's ID
# $3      encoding of the payload: zstd or gzip
#
# Ends 90 when a program is missing, 91 when the payload cannot be unpacked, 92 when what was unpacked is not what the
# manifest says, 93 when the host cannot take it.
LC_ALL=C
export LC_ALL
set -u
id=$2 encoding=$3
records=.slipway/releases/$id
incoming=$records/incoming

# A newer attempt may be at work in the same folders: whoever has lost the lock touches nothing in them any more.
command -v fence >/dev/null || fence() { :; }

# Ends with a status and a cause, one line. What was unpacked goes.
fail() {
	status=$1
	shift
	fence :
	rm -rf "$incoming"
	printf '%s\n' "$*" | tr '\n' ' ' | head -c 600 >&2
	echo >&2
	exit "$status"
}

# The number of free blocks (-k) or inodes (-i) here.
free() {
	df -P "$1" . 2>/dev/null | sed -n '$s/.*[[:space:]]\([0-9][0-9]*\)[[:space:]][[:space:]]*[0-9-][0-9]*%.*/\1/p'
}

# Ends for a full file system or quota, with its numbers, when a program's words tell of one.
check_space() {
	case $1 in
	*'Disk quota exceeded'*)
		fence :
		rm -rf "$incoming"
		fail 93 "disk quota exceeded: $(id -un) may store no more at $PWD, where $(free -k) KiB and $(free -i) inodes are free"
		;;
	*'No space left on device'* | *'no space left on device'*)
		fence :
		rm -rf "$incoming"
		fail 93 "no space left on device: $(free -k) KiB and $(free -i) inodes are free at $PWD"
		;;
	esac
}

unpack() {
	case $encoding in
	zstd) zstd -dcq ;;
	gzip) gzip -dc ;;
	esac
}

cd "$1/" || exit 93
[ ! -e "$records/staged" ] || [ ! -d "releases/$id" ] || exit 0
case $encoding in
zstd | gzip) ;;
*) fail 90 "encoding $encoding is not known" ;;
esac
for program in tar "$encoding"; do
	command -v "$program" >/dev/null 2>&1 || fail 90 "$program is not installed"
done

# Leftovers of an attempt that died. A tree without the mark never was live: only a marked one is switched to.
umask 077
rm -rf "$incoming" "releases/$id" "$records/manifest" || fail 93 "leftovers of an earlier attempt cannot be removed"
said=$(mkdir -p "$incoming" 2>&1) || {
	check_space "$said"
	fail 93 "$said"
}

# What programs say goes to a variable: on a full disk there is no file to keep it in. The status of the first program
# of a pipe is among it, since a shell tells the last one's only. Members get the time of now (m): the payload has none, and
# web servers tell caches by size and time whether a file has changed since the last release.
said=$(
	umask 022
	{
		{ unpack || echo "unpack ended $?" >&2; } | tar -C "$incoming" -xomf -
	} 2>&1
)
tar=$?
check_space "$said"
case $said in
*'unpack ended 141'*) fail 91 "tar could not unpack it: $said" ;; # SIGPIPE: tar left first
*'unpack ended'*) fail 91 "the $encoding stream ended early or is damaged: $said" ;;
esac
[ "$tar" -eq 0 ] || fail 91 "tar could not unpack it: $said"
for file in manifest/sha256 manifest/entries manifest/content tree; do
	[ -e "$incoming/$file" ] || fail 91 "the payload is incomplete: it has no $file"
done

# Content. `verified` comes only from a check that went through: silence is no success.
wrong=$(
	cd "$incoming/tree" || exit
	{
		if [ -s ../manifest/sha256 ]; then
			sha256sum -c ../manifest/sha256 2>&1
		fi && echo verified
	} | grep -v ': OK$' | head -n 5
)
[ "$wrong" = verified ] || fail 92 "members have the wrong content: $wrong"

# Everything else: type, mode, target, nothing missing, nothing more. Of a mode only the last three digits: directories
# inherit setgid from where they are made. `listed` is the one line that is not in both lists.
different=$(
	cd "$incoming/tree" || exit
	{
		{
			find . ! -name . -type f -exec stat -c 'f %a %n' {} + &&
				find . ! -name . -type d -exec stat -c 'd %a %n' {} + &&
				find . ! -type f ! -type d ! -type l -exec stat -c 'other %a %n' {} + &&
				echo listed
		} | sed 's/^\([a-z]*\) [0-7]*\([0-7][0-7][0-7]\) /\1 \2 /'
		find . -type l -exec sh -c 'for link do
			printf "l 777 %s -> " "$link"
			readlink "$link"
		done' sh {} +
		cat ../manifest/entries
	} | sort | uniq -u | head -n 5
)
[ "$different" = listed ] || fail 92 "members differ from the manifest: $different"

fence :
mv "$incoming/manifest" "$records/manifest" || fail 93 "the manifest cannot be kept"
mv "$incoming/tree" "releases/$id" || fail 93 "the release cannot be put in its place"
sync -f "releases/$id" 2>/dev/null || sync
: >"$records/staged" || fail 93 "the mark cannot be written"
rm -rf "$incoming"
