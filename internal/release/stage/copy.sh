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
				sort "$1/manifest/sha256" "$incoming/delta/sha256" | uniq -u | sort -k 1.67 >"$incoming/manifest/sha256" &&
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
			cd "$place/tree" && lacking_folders | make_folders && lacking_files >"$place/lacking" && cd "$1/" && {
				copy_same
				copy_moved
				# A file may have become a link since it was listed, and not every tar copies a file that has two names as two files.
				find "$place/tree" \( -type l -newer "$place/lacking" -o -type f -links +1 \) -exec rm -f {} + &&
					cd "$place/tree" && set_files
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
	[ -r /proc/meminfo ] || return 0
	size=$(stat -c %s "$dictionary")
	while read -r name left _; do
		if [ "$name" = MemAvailable: ] && [ "$left" -lt $((size / 256)) ]; then
			fail 96 "$left KiB of memory are free, and a patch wants $((size / 256))"
		fi
	done </proc/meminfo
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

lacking_folders() {
	{
		sed -n 's/^d [0-7]* //p' ../manifest/entries
		find . ! -name . -type d
	} | sort | uniq -u
}

# A folder comes before what lies in it. What it inherits besides rights, like setgid, stays.
make_folders() {
	while IFS= read -r path; do
		set -- "$@" "$path"
		if [ $# -ge 100 ]; then
			make_some "$@" || return
			set --
		fi
	done
	make_some "$@"
}

make_some() {
	[ $# -eq 0 ] || { mkdir "$@" && chmod u+rwx,g-rwx,g+rx,o-rwx,o+rx "$@"; }
}

# Prints the files of the manifest that neither came with the payload nor have another path in the base.
lacking_files() {
	{
		sed -n 's/^f [0-7]* //p' ../manifest/entries
		find . -type f
		sed 's/.*	//' ../delta/moved
	} | sort | uniq -u
}

# Copies the files that have the same path here. find leads through no link, so what it lists lies in folders.
copy_same() {
	{
		find . -name '*
*' -prune -o -type f -print | sort -u
		cat "$place/lacking"
	} | sort | uniq -d >"$place/list"
	[ -s "$place/list" ] || return 0
	case $(tar --version 2>&1) in
	*'GNU tar'*) options='--format=gnu --no-recursion --hard-dereference' ;;
	*) options= ;;
	esac
	head -n 1 "$place/list" >"$place/first"
	# shellcheck disable=SC2086 # words
	if tar $options -cf - -T "$place/first" >/dev/null 2>&1; then
		tar $options -cf - -T "$place/list" | receive | tar -C "$place/tree" -xomf -
	else # not every tar reads a list
		copy_listed
	fi
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
	tab=$(printf '\t') folder=''
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
