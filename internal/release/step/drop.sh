# A function of the scripts that meet a try which may not have begun. It stands before them, after process.sh.
#
# The name `begun` is made only once, and decides whether a step begins: an empty file is made by the step's own process right before
# it becomes the step, or a link that leads nowhere here. Whoever comes second finds the name taken.

# Makes sure that a try never begins, and succeeds where it had not begun. Where there is no trace of the try, its folder is
# made, so that whoever is about to make it finds it taken. It fails where that cannot be made. The working directory is the deploy path:
# reserve.sh keeps room there.
#
# $1      the folder of the try
drop() {
	[ ! -L "$1/begun" ] || return 0
	! ended "$1" && [ ! -e "$1/begun" ] || return 1
	# After a power cut the disk may not have what was decided last.
	if read -r _ _ _ _ launched 2>/dev/null <"$1/pid" && [ -n "$launched" ]; then
		boot=-
		boot
		[ "$launched" = "$boot" ] || return 1
	fi
	mkdir -p "${1%/*}" && mkdir "$1" 2>/dev/null
	if ! ln -s never "$1/begun" 2>/dev/null && [ ! -e "$1/begun" ] && [ ! -L "$1/begun" ]; then
		rm -f .slipway/reserve # a file takes its place
		ln -s never "$1/begun" 2>/dev/null
	fi
	[ -L "$1/begun" ]
}
