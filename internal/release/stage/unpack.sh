# Functions that unpack a payload and hold every member against the manifest that comes with it. They stand before the
# script that takes the payload in.

# Says where the payload goes, and how it is compressed. It comes before all other functions.
#
# A dictionary is what the payload is decoded against, none here; full and damaged are how a script ends for a disk without room, and for a
# payload that cannot be decoded.
#
# $1      the folder
# $2      zstd, gzip or none
unpacking() {
	incoming=$1 encoding=$2 dictionary='' full=93 damaged=91 otherwise='' pulled=''
}

# A newer attempt may be at work in the same folders, so a script whose lock is lost touches nothing in them any more.
command -v fence >/dev/null || fence() { :; }
command -v lock_beat >/dev/null || lock_beat() { :; }

# Ends with a status and a cause, one line. What was unpacked goes. Where the members can come in another way every failure has the status
# that says so.
fail() {
	status=${otherwise:-$1}
	shift
	fence :
	rm -rf "$incoming"
	[ -z "$pulled" ] || let_go
	printf '%s\n' "$*" | tr '\n' ' ' | head -c 600 >&2
	echo >&2
	exit "$status"
}

# The number of free blocks (-k) or inodes (-i) here.
free() {
	df -P "$1" . 2>/dev/null | sed -n '$s/.*[[:space:]]\([0-9][0-9]*\)[[:space:]][[:space:]]*[0-9-][0-9]*%.*/\1/p'
}

# Ends, with the numbers, when a program's words say that the file system or the quota is full.
check_space() {
	case $1 in
	*'Disk quota exceeded'*)
		fence :
		rm -rf "$incoming"
		fail "$full" "disk quota exceeded: $(id -un) may store no more at $PWD, where $(free -k) KiB and $(free -i) inodes are free"
		;;
	# GNU tar prints the last of these for a file of which it could write a part.
	*'No space left on device'* | *'no space left on device'* | *'Wrote only '*' bytes'*)
		fence :
		rm -rf "$incoming"
		fail "$full" "no space left on device: $(free -k) KiB and $(free -i) inodes are free at $PWD"
		;;
	esac
}

# Ends when a program is missing that the payload needs.
check_programs() {
	set -- tar "$encoding"
	case $encoding in
	zstd | gzip) ;;
	none) set -- tar ;;
	*) fail 90 "encoding $encoding is not known" ;;
	esac
	for program do
		command -v "$program" >/dev/null 2>&1 || fail 90 "$program is not installed"
	done
}

make_incoming() {
	said=$(mkdir -p "$incoming" 2>&1) || {
		check_space "$said"
		fail 93 "$said"
	}
}

# Passes the rest of the payload on, which is descriptor 4, to descriptor 3, with signs of life as long as bytes come.
pass_on() {
	cat <&4 >&3 4<&- 3>&- &
	exec 4<&- 3>&- >/dev/null
	attended bytes_read received
}

# Waits for the program that was started last, the reader, and gives signs of life as long as it gets on.
#
# $1      what puts into moved how far it is; it fails where nobody can tell
# $2      the word of the signs
attended() {
	reader=$!
	(attend_reader "$@") </dev/null >/dev/null 2>&1 &
	watcher=$!
	wait "$reader"
	kill "$watcher"
}

# Gives a sign of life now and then when the reader has got on since the last one. It ends with the reader.
attend_reader() {
	sleeper='' before='' looks=0 pause=1
	trap 'kill "$sleeper"; exit' TERM
	while kill -0 "$reader"; do
		sleep "$pause" &
		sleeper=$!
		wait "$sleeper"
		"$1" || exit
		[ "$moved" = "$before" ] || lock_beat "$2"
		before=$moved looks=$((looks + 1))
		[ "$looks" -lt 5 ] || pause=5
	done
}

# Puts into moved what the reader has read so far.
bytes_read() { read -r _ moved <"/proc/$reader/io"; }

# Passes the payload on, with a sign of life for each part. A part is eight reads, so that one takes less than a lease over a slow
# link, and more reads while each of them is full. Where the host tells what a process has read, the rest is one part.
receive() {
	reads=8
	while said=$(dd bs=65536 count="$reads" 2>&1 >&3); do
		lock_beat received
		said=${said%% records in*} # "3+5": full ones, and others
		full=${said%+*}
		full=${full##*[!0-9]}
		[ $((full + ${said##*+})) -eq "$reads" ] || return 0
		if [ -r /proc/self/io ]; then
			pass_on 4<&0
			return
		fi
		if [ "$full" -lt "$reads" ]; then
			reads=8
		elif [ "$reads" -lt 32 ]; then
			reads=$((reads * 2))
		fi
	done
} 3>&1

decode() {
	case $encoding in
	zstd) zstd -dcq ${dictionary:+"--patch-from=$dictionary"} ;;
	gzip) gzip -dc ;;
	none) cat ;;
	esac
}

# Unpacks standard input.
#
# $1      tar's options
# $2...   what must be in it
unpack() {
	unpack_to "$incoming" "$1" -
	shift
	for file do
		[ -e "$incoming/$file" ] || fail 91 "the payload is incomplete: it has no $file"
	done
	lock_beat unpacked
}

# Unpacks standard input.
#
# $1      the folder
# $2...   tar's options
#
# What programs print as errors goes to a variable: on a full disk no file could keep it. The status of the first program of a
# pipe is printed there as well, since a shell keeps only that of the last one.
unpack_to() {
	said=$(
		umask 022
		{
			receive | { decode || echo "decode ended $?" >&2; } | tar -C "$@"
		} 2>&1
	)
	tar=$?
	check_space "$said"
	case $said in
	*'decode ended 141'*) fail 91 "tar could not unpack it: $said" ;; # SIGPIPE: tar left first
	*'decode ended'*) fail "$damaged" "the $encoding stream ended early or is damaged: $said" ;;
	esac
	[ "$tar" -eq 0 ] || fail 91 "tar could not unpack it: $said"
}

# Puts the lines by which the manifest and the tree differ into unmatched. It counts only where that is `listed`, the one line that is not
# in both, and means: contents, types, modes and targets are as they should be, nothing is missing, nothing added. All is read by a few
# processes. Of a folder's mode only the last three digits count, since it inherits setgid from where it is made; a file that has more than
# those got them from another release, where somebody made it setuid. A name that stat quotes in another way is one that is looked at once
# more.
#
# $1      the manifest's hashes, /dev/null where contents do not matter
# $2...   what find is to do with files to print theirs
compare() {
	sums=$1
	shift
	unmatched=$(
		cd "$incoming/tree" || exit
		{ { list_printed "$@" || list_by_stat "$@"; } && echo listed; } 2>/dev/null |
			sed -e 's/^d [0-7]*\([0-7][0-7][0-7]\) /d \1 /' -e 's/^\([0-9a-f]\{64\}\) \*/\1  /' \
				-e "s/^\(l 777 \)'\(.*\)' -> '\(.*\)'\$/\1\2 -> \3/" |
			sort - ../manifest/entries "$sums" | uniq -u
	)
	lock_beat compared
}

# Prints the lines of all that lies here, as a manifest has them. Only GNU's find can, which prints its own before it starts a program;
# another one fails at once.
#
# $1...   what find is to do with files to print theirs
list_printed() {
	find . -type f -printf 'f %m %p\n' "$@" -o \
		! -name . -type d -printf 'd %m %p\n' -o \
		-type l -printf 'l 777 %p -> %l\n' -o \
		! -name . ! -type f ! -type d -printf 'other %m %p\n'
}

# As list_printed, with any find. stat quotes the names and targets of links.
list_by_stat() {
	find . -type f -exec stat -c 'f %a %n' {} + "$@" -o \
		! -name . -type d -exec stat -c 'd %a %n' {} + -o \
		-type l -exec stat -c 'l 777 %N' {} + -o \
		! -name . ! -type f ! -type d -exec stat -c 'other %a %n' {} +
}

# Succeeds where the members are those of the manifest. openssl hashes several times faster than a sha256sum that does not use the CPU's
# instructions for it.
are_members() {
	set -- sha256sum
	! command -v openssl >/dev/null 2>&1 || set -- openssl dgst -sha256 -r
	compare ../manifest/sha256 -exec "$@" {} +
	[ "$unmatched" = listed ]
}

# Succeeds where of all that compare with hashes looked at no more than modes differ: all other lines stand in both lists.
modes_differ() {
	case $line_break$unmatched$line_break in
	*"$line_break"[!dfl]* | *"$line_break"[df][!\ ]* | *"$line_break"l[!i]*) return 1 ;;
	*"${line_break}listed$line_break"*) ;;
	*) return 1 ;;
	esac
}
line_break='
'

# Ends because members are not those of the manifest.
#
# $1      why
unfit() {
	fail 92 "$1"
}

# Gives the members the modes of the manifest that they may lack without anybody's fault. It is looked whether they lack them before that.
mend() {
	set_folders
}

# Ends unless the members are those of the manifest, with the names of some that are not. What was hashed as it should be is not hashed
# again because modes are to be set.
check_members() {
	! are_members || return 0
	mend
	if modes_differ; then
		compare /dev/null
		[ "$unmatched" != listed ] || return 0
	fi
	# Content.
	# `verified` is printed only by a check that ran to its end: no output is no success.
	wrong=$(
		cd "$incoming/tree" || exit
		{
			if [ -s ../manifest/sha256 ]; then
				sha256sum -c ../manifest/sha256 2>&1
			fi && echo verified
		} | grep -v ': OK$' | head -n 5
	)
	lock_beat hashed
	[ "$wrong" = verified ] || unfit "members have the wrong content: $wrong"

	# Everything else. `listed` is the one line that is not in both lists.
	different=$(differing | head -n 5)
	[ "$different" = listed ] || unfit "members differ from the manifest: $different"
	lock_beat compared
}

# Prints the lines by which the manifest and the tree differ but for contents, each as the one or the other has it, and `listed`.
differing() {
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
	} | sort | uniq -u
}
