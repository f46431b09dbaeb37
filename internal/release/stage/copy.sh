# Functions that make a release of what comes with a payload and of what another release on this host has, the base. They stand behind
# those of unpack.sh.
# shellcheck disable=SC2154 # unpack.sh sets incoming

# Makes the manifest of the base's and of the lines by which the two differ.
#
# $1      the base's records
patch_manifest() {
	# What is no file might have no end.
	{ [ -f "$1/manifest/entries" ] && [ -f "$1/manifest/sha256" ]; } || fail 94 "there is no manifest in $1"
	said=$(
		umask 022
		{
			sort "$1/manifest/entries" "$incoming/delta/entries" | uniq -u >"$incoming/manifest/entries" &&
				sort -k 1.67 "$1/manifest/sha256" "$incoming/delta/sha256" | uniq -u >"$incoming/manifest/sha256" &&
				cd "$incoming/manifest" && sha256sum -c ../delta/sums
		} 2>&1
	) || {
		check_space "$said"
		fail 94 "the manifest in $1 is not the one that was expected: $said"
	}
}

# Copies from the base the files that the manifest has and the payload has not: copies, never hard links, and nothing is read through a
# link. What is not there, or cannot be read, is not copied: check_members finds that. The base may be another user's, and a link's target
# can have lines that look like those of a manifest: so links come with the payload, and none is copied.
#
# $1      the base's folder
copy_members() {
	place=$PWD/$incoming
	said=$(
		{
			umask 022
			true >"$place/before" && cd "$place/tree" && make_folders && cd "$1/" && {
				copy_same
				copy_moved
			}
		} 2>&1
	)
	copied=$?
	check_space "$said"
	[ "$copied" -eq 0 ] || fail 94 "$1: $said"
}

# Makes what the payload is decoded against, before a byte of that is read. From here on the script ends 96 where that fails, also for want of
# room: the files take some themselves.
#
# $1      the base's folder
# $2      the SHA-256 of all
# $3      the paths of its files, a line each, in the order in which they stand one behind the other
make_dictionary() {
	# shellcheck disable=SC2034 # unpack.sh reads them
	dictionary=$PWD/$incoming/dictionary full=96 damaged=96
	said=$(
		{
			cd "$1/" && printf '%s\n' "$3" | old_files >"$dictionary"
		} 2>&1
	)
	check_space "$said"
	found=$(sha256sum <"$dictionary")
	[ "${found%% *}" = "$2" ] || fail 96 "files of $1 are not what they were: $said"
	free_memory
	lock_beat copied
}

# Ends unless there is the memory that decoding takes, twice over: as much as the old and the new contents have, which may be the larger
# ones. What runs here must not be ended for it.
free_memory() {
	wanted=$(($(stat -c %s "$dictionary") / 256)) free=''
	{
		while read -r name left _; do
			[ "$name" != MemAvailable: ] || free=$left
		done </proc/meminfo
		group=
		while IFS=: read -r number _ name; do
			[ "$number" != 0 ] || group=$name
		done </proc/self/cgroup
		# The groups above have limits, too.
		while group_memory; [ -n "$group" ]; do
			group=${group%/*}
		done
	} 2>/dev/null
	[ "${free:-$wanted}" -ge "$wanted" ] || fail 96 "$free KiB of memory are free, and a patch wants $wanted"
}

# Lowers free to the KiB that a control group (cgroup v2) leaves. What it holds of files, the kernel gives back.
group_memory() {
	limit='' used=''
	read -r limit </sys/fs/cgroup"$group"/memory.max
	read -r used </sys/fs/cgroup"$group"/memory.current
	case $limit,$used in
	,* | *, | *[!0-9,]*) return ;;
	esac
	left=$((limit - used))
	while read -r name bytes; do
		case $name in
		active_file | inactive_file) left=$((left + bytes)) ;;
		esac
	done </sys/fs/cgroup"$group"/memory.stat
	left=$((left / 1024))
	[ "${free:-$left}" -lt "$left" ] || free=$left
}

# Prints the files of a list. What is none, or lies behind a link, is left out: the whole is another one then.
old_files() {
	set --
	while IFS= read -r path; do
		! in_folders "$path" || set -- "$@" "$path"
		if [ $# -ge 100 ]; then
			cat "$@"
			set --
		fi
	done
	[ $# -eq 0 ] || cat "$@"
}

# Goes on as without one: all that needs it was decoded.
drop_dictionary() {
	rm -f "$dictionary"
	unpacking "$incoming" "$encoding"
}

# Makes the folders of the manifest that did not come.
make_folders() {
	sed -n 's/^d [0-7]* //p' ../manifest/entries | {
		set --
		while IFS= read -r path; do
			[ -d "$path" ] || set -- "$@" "$path"
			if [ $# -ge 100 ]; then
				mkdir -p "$@" || exit
				set --
			fi
		done
		[ $# -eq 0 ] || mkdir -p "$@"
	}
}

# Prints the files of the manifest that are here, and that neither came with the payload nor have another path here. Those are the lines
# that are there twice: for the manifest, and for here; others have three more. find leads through no link, so what it lists lies in folders.
same_files() {
	{
		sed -n -e '/^f /{' -e 's/^f [0-7]* //' -e p -e d -e '}' -e '/^\./{' -e 's/.*	//' -e p -e p -e p -e '}' \
			"$place/manifest/entries" "$place/delta/moved"
		find . -name '*
*' -prune -o -type f -print
		cd "$place/tree" && find . -type f -print -print -print
	} | sort | uniq -c | sed -n 's/^ *2 //p'
}

# Copies the files that have the same path here.
copy_same() {
	same_files >"$place/list"
	[ -s "$place/list" ] || return 0
	IFS= read -r first <"$place/list"
	copy_watched "$first" || copy_tarred "$first"
}

# Copies the files of the list by cp, which has the kernel copy them, or share their blocks where the file system can: that takes three
# quarters of the time of two tars, or next to none. Only of GNU's programs; it fails where it was another's, or nobody could see how far
# it is. A file that has become a pipe or a link meanwhile is copied as such.
#
# $1      the first of the list
copy_watched() {
	{ [ -r /proc/self/io ] && [ -r /proc/thread-self/children ] && command -v xargs >/dev/null; } || return 1
	xargs -a "$place/list" -d '\n' cp -RP --parents --reflink=auto -t "$place/tree" -- &
	attended copies_moved copied
	[ -e "$place/tree/$1" ]
}

# Puts into moved what the reader's programs have read and written so far, those that have ended and the one that runs.
copies_moved() {
	moved='' running=''
	read -r running <"/proc/$reader/task/$reader/children"
	# shellcheck disable=SC2086,SC2154 # numbers; unpack.sh sets reader
	for process in "$reader" $running; do
		while read -r _ bytes; do
			moved=$moved.$bytes
		done <"/proc/$process/io" || : # it has ended this moment
	done
}

# Copies them by two tars.
#
# $1      the first of the list
copy_tarred() {
	printf '%s\n' "$1" >"$place/first"
	for options in '--format=gnu --no-recursion --hard-dereference' ''; do
		# shellcheck disable=SC2086 # words
		if tar $options -cf - -T "$place/first" >/dev/null 2>&1; then
			tar $options -cf - -T "$place/list" | receive | tar -C "$place/tree" -xomf -
			[ -n "$options" ] || drop_twins
			return
		fi
	done
	copy_listed # not every tar reads a list
	drop_twins
}

# Removes the files that tar has copied as one because they are one with several names in the base.
drop_twins() {
	find "$place/tree" -type f -links +1 -exec rm -f {} +
}

# A file may have become a link since it was listed, and whatever reads it would go through that; or a pipe, and it would wait for somebody
# who writes.
mend() {
	said=$({ find "$incoming/tree" \( -type l -newer "$incoming/before" -o ! -type l ! -type f ! -type d \) -exec rm -f {} + && cd "$incoming/tree" && set_files; } 2>&1) ||
		fail 94 "the modes of files cannot be set: $said"
	set_folders
}

copy_listed() {
	set --
	while IFS= read -r path; do
		set -- "$@" "$path"
		if [ $# -ge 200 ]; then
			copy_archived "$@"
			set --
		fi
	done <"$place/list"
	[ $# -eq 0 ] || copy_archived "$@"
}

copy_archived() {
	tar -cf - "$@" | receive | tar -C "$place/tree" -xomf -
}

# Copies the files that have another path here: those that get to one folder and keep their names go together.
copy_moved() {
	tab='	' folder=''
	set --
	while IFS= read -r line; do
		from=${line%%"$tab"*} to=${line#*"$tab"}
		in_folders "$from" || continue
		if [ "${from##*/}" != "${to##*/}" ]; then
			copy_some "$to" "$from"
			continue
		fi
		if [ "${to%/*}" != "$folder" ] || [ $# -ge 100 ]; then
			copy_some "$folder/" "$@"
			set --
			folder=${to%/*}
		fi
		set -- "$@" "$from"
	done <"$place/delta/moved"
	copy_some "$folder/" "$@"
}

# Whether a path is a file's, and leads through no link.
in_folders() {
	{ [ -f "$1" ] && [ ! -L "$1" ]; } || return 1
	above=${1%/*}
	while [ "$above" != . ]; do
		[ ! -L "$above" ] || return 1
		above=${above%/*}
	done
}

# $1      where they get to in the tree
# $2...   their paths
copy_some() {
	[ $# -gt 1 ] || return 0
	into=$place/tree/$1
	shift
	cp -P "$@" "$into"
	lock_beat copied
}

# Ends because members are not those of the manifest, and prints their paths, a thousand at the most.
#
# $1      why
unfit() {
	{
		differing | sed -e '/^l /s/ -> .*//' -e 's/^[a-z]* [0-7]* //'
		cd "$incoming/tree" && [ -s ../manifest/sha256 ] && sha256sum -c ../manifest/sha256 2>/dev/null | sed -n 's/: FAILED.*//p'
	} | sort -u | head -n 1000
	fail 95 "$1"
}
