# Functions that tell what became of a try, and find processes again. They stand before other scripts.

# Puts how a try ended into status, '' where it has not ended, and reports whether it has. The file is blank until then, and written over in
# one piece: who reads it byte by byte in that moment may see the end of a word.
#
# $1      the folder of the try
ended() {
	status=
	[ ! -f "$1/status" ] || read -r status <"$1/status" || :
	case $status in
	'exit '* | 'signal '* | timeout) ;;
	*) status= ;;
	esac
	[ -n "$status" ]
}

# Puts the path of a program into found, '' where there is none. Without a program of its own, which command -v in $(...) would be.
#
# $1      its name, or a path
# $2      folders, as PATH has them
find_program() {
	found=
	case $1 in
	*/*) found=$1 ;;
	*)
		folders=$2:
		while [ -n "$folders" ]; do
			found=${folders%%:*}
			found=${found:-.}/$1
			folders=${folders#*:}
			[ ! -f "$found" ] || [ ! -x "$found" ] || return 0
		done
		found=
		;;
	esac
}

# Puts the boot ID of this host into boot, - where it does not say.
# shellcheck disable=SC2034 # for its caller
boot() {
	boot=-
	read -r boot 2>/dev/null </proc/sys/kernel/random/boot_id
}

# Puts the start time of a process (field 22 of its stat) into start, - where there is no /proc, and '' when it has ended.
# The start time tells a process from a later one with the same number.
started() {
	start=-
	[ -e /proc/self/stat ] || return 0
	start=
	if read -r stat 2>/dev/null <"/proc/$1/stat"; then
		# shellcheck disable=SC2086 # the fields after the name, which may hold anything
		set -- ${stat##*) }
		case $1 in
		Z | X) ;; # it has ended, and nobody asked how
		*) start=${20} ;;
		esac
	fi
}

# Reports whether a process is there that started at a time.
#
# $1      its number
# $2      its start time, or -
alive() {
	kill -0 "$1" 2>/dev/null || return 1
	started "$1"
	[ -n "$start" ] && [ "$start" = "$2" ]
}

# Adds all descendants of the processes in family to it, as far as /proc tells.
relatives() {
	grown=yes
	while [ -n "$grown" ]; do
		grown=
		for stat in /proc/[0-9]*/stat; do
			read -r stat 2>/dev/null <"$stat" || continue
			child=${stat%% *}
			# shellcheck disable=SC2086 # the fields after the name, which may hold anything
			set -- ${stat##*) }
			case " $family " in
			*" $child "*) ;;
			*" $2 "*) family="$family $child" grown=yes ;;
			esac
		done
	done
}

# Sends a signal to everything that a step started and did not detach, and reports whether anything was there. With setsid
# the step leads a process group; without it, its descendants are looked for: those that lost their parent before are not
# found.
#
# $1      the signal
# $2      the step's own process
# $3      its start time: once it has ended, the number may be another process's
family=
reach() {
	kill "-$1" "-$2" 2>/dev/null && return
	if [ -z "$family" ] && alive "$2" "$3"; then
		family=$2
	fi
	[ -n "$family" ] || return 1
	relatives
	reached=1
	for member in $family; do
		kill "-$1" "$member" 2>/dev/null && reached=0
	done
	return "$reached"
}
