# Functions that give the members of a release their modes. They stand behind those of unpack.sh.
# shellcheck disable=SC2154 # unpack.sh sets incoming

# Gives folders the modes that the manifest says. An archive may state a folder's mode after the folder's members, or not at
# all, and not every tar changes a folder that is there. What a folder inherited besides, like setgid, stays.
set_folders() {
	said=$(
		cd "$incoming/tree" || exit
		wrong_modes d | while IFS= read -r line; do
			[ -L "${line#* }" ] || [ ! -d "${line#* }" ] || set_rights "${line%% *}" "${line#* }"
		done 2>&1
	)
	[ -z "$said" ] || fail 93 "the rights of folders cannot be set: $said"
}

# Gives files the modes that the manifest says: those of another release have had a umask applied, or were changed since, to
# setuid even, and an archive may state others.
set_files() {
	wrong_modes f | {
		mode=''
		set --
		while IFS= read -r line; do
			path=${line#* }
			if [ ! -f "$path" ] || [ -L "$path" ]; then
				continue
			fi
			if [ "${line%% *}" != "$mode" ] || [ $# -ge 100 ]; then
				[ $# -eq 0 ] || chmod "$mode" "$@"
				set --
				mode=${line%% *}
			fi
			set -- "$@" "$path"
		done
		[ $# -eq 0 ] || chmod "$mode" "$@"
	}
}

# Prints the members of a kind, d or f, that the tree here has with another mode than the manifest, or not at all: "755 ./path", as the
# manifest has it, sorted. The manifest's lines are there twice, those of the tree once. What a folder has besides rights is inherited, and
# stays; a file inherits nothing.
wrong_modes() {
	{
		find . ! -name . -type "$1" -exec stat -c "$1 %a %n" {} + | sed 's/^d [0-7]*\([0-7][0-7][0-7]\) /d \1 /'
		sed -n "/^$1/{p;p;}" ../manifest/entries
	} | sort | uniq -c | sed -n "s/^ *2 $1 //p"
}

# Gives a folder the rights of group and others that three octal digits say. Its owner may do everything in it.
set_rights() {
	others=${1#??} group=${1#?}
	group=${group%?}
	chmod "u+rwx,g-rwx,g+$(rights "$group"),o-rwx,o+$(rights "$others")" "$2"
}

# Gives the members of a tree, whose modes are those of umask 022, the rights that another umask leaves.
#
# $1      the tree
# $2      the umask, three or four octal digits
apply_umask() {
	[ "$2" != 022 ] && [ "$2" != 0022 ] || return 0
	others=${2#"${2%?}"} group=${2%?}
	group=${group#"${group%?}"}
	# Where the owner may write and the umask allows it, whoever may read may write too.
	case $group in
	[0145]) find "$1" ! -type l -perm -0240 -exec chmod g+w {} + ;;
	esac || fail 93 "the rights of $1 cannot be set"
	case $others in
	[0145]) find "$1" ! -type l -perm -0204 -exec chmod o+w {} + ;;
	esac || fail 93 "the rights of $1 cannot be set"
	find "$1" ! -type l -exec chmod "g-$(rights "$group"),o-$(rights "$others")" {} + || fail 93 "the rights of $1 cannot be set"
}

# The letters of an octal digit.
rights() {
	case $1 in
	0) ;;
	1) echo x ;;
	2) echo w ;;
	3) echo wx ;;
	4) echo r ;;
	5) echo rx ;;
	6) echo rw ;;
	7) echo rwx ;;
	esac
}
