# A function of the scripts that meet a try which may not have begun. It stands before them, after process.sh.
#
# One rename of the file `ready` decides whether a step begins: to `begun`, by the step's own process right before it becomes
# the step, or to `dropped`, here. Whoever comes second finds nothing to rename.

# Makes sure that a try never begins, and succeeds where it had not begun. Where there is no trace of the try, its folder is
# made, so that whoever is about to make it finds it taken. It fails where that cannot be made.
#
# $1      the folder of the try
drop() {
	[ ! -e "$1/begun" ] && [ ! -e "$1/status" ] || return 1
	# After a power cut the disk may not have what was decided last.
	if read -r launched 2>/dev/null <"$1/ready" && [ -n "$launched" ]; then
		boot=-
		boot
		[ "$launched" = "$boot" ] || return 1
	fi
	mkdir -p "${1%/*}" && mkdir "$1" 2>/dev/null
	if [ ! -e "$1/dropped" ]; then
		(set -C && true >"$1/ready") 2>/dev/null
		if [ -e "$1/begun" ]; then
			rm -f "$1/ready" # made this moment, after the other was renamed
			return 1
		fi
		mv -f "$1/ready" "$1/dropped" 2>/dev/null
	fi
	[ -e "$1/dropped" ] && [ ! -e "$1/begun" ]
}
