# Functions that make the tree of a release of members that lie in another release on this host. They stand behind those of unpack.sh.

# Copies what the manifest lists. Files are copies, never hard links, and nothing is read through a link. Ends 94 when a member is not
# there, or cannot be read.
#
# $1      the folder of the other release
# $2      the folder that the payload was unpacked in
copy_members() {
	tree=$PWD/$2/tree entries=$PWD/$2/manifest/entries
	said=$(
		{
			umask 022
			mkdir "$tree" && cd "$1/" && copy_folders && copy_files && make_links
		} 2>&1
	)
	copied=$?
	check_space "$said"
	[ "$copied" -eq 0 ] || fail 94 "$1: $said"
}

# A folder comes before what lies in it. What it inherits besides rights, like setgid, stays.
copy_folders() {
	sed -n 's/^d [0-7]* //p' "$entries" | sort | {
		while IFS= read -r path; do
			if [ ! -d "$path" ] || [ -L "$path" ]; then
				echo "$path is no folder there any more"
				exit 1
			fi
			set -- "$@" "$tree/$path"
			if [ $# -ge 100 ]; then
				make_folders "$@" || exit
				set --
			fi
		done
		make_folders "$@"
	}
}

make_folders() {
	[ $# -eq 0 ] || { mkdir "$@" && chmod u+rwx,g-rwx,g+rx,o-rwx,o+rx "$@"; }
}

# Files of one folder and one mode go together.
copy_files() {
	sed -n 's/^f //p' "$entries" | {
		mode='' folder=''
		while IFS= read -r line; do
			path=${line#* }
			if [ "${line%% *}" != "$mode" ] || [ "${path%/*}" != "$folder" ] || [ $# -ge 100 ]; then
				copy_some "$mode" "$folder" "$@" || exit
				set --
				mode=${line%% *} folder=${path%/*}
			fi
			if [ ! -f "$path" ] || [ -L "$path" ]; then
				echo "$path is no file there any more"
				exit 1
			fi
			set -- "$@" "$path"
		done
		copy_some "$mode" "$folder" "$@"
	}
}

# $1      their mode
# $2      their folder
# $3...   their paths
copy_some() {
	[ $# -gt 2 ] || return 0
	rights=$1 into=$tree/$2
	shift 2
	cp -P "$@" "$into/" || return
	(cd "$tree" && chmod "$rights" "$@") || return
	lock_beat copied
}

# Links are made as the manifest has them.
make_links() {
	sed -n 's/^l 777 //p' "$entries" | while IFS= read -r line; do
		ln -s -- "${line#* -> }" "$tree/${line%% -> *}" || exit
	done
}
