# Functions of recipes. They look at processes in /proc: neither ps nor pgrep need be on the host. $recipe is the recipe's
# name. A recipe that uses some of them need not use all.
# shellcheck disable=SC2154,SC2317

fail() {
	echo "$recipe: $*" >&2
	exit 1
}

# within SECONDS COMMAND... tries a command until it succeeds, and fails when it did not in so many seconds.
within() {
	until_=$(($(date +%s) + $1))
	shift
	while ! "$@"; do
		if [ "$(date +%s)" -ge "$until_" ]; then return 1; fi
		sleep 0.1
	done
}

# alive PID says whether there is such a process; one that only waits to be reaped is none.
alive() {
	{ read -r stat_ <"/proc/$1/stat"; } 2>/dev/null || return 1
	case ${stat_##*) } in
	[ZX]*) return 1 ;;
	esac
}

gone() { ! alive "$1"; }

# all_gone PID... says whether none of these processes is left.
all_gone() { [ -z "$(living "$@")" ]; }

# living PID... prints those that are alive.
living() {
	for pid_; do
		if alive "$pid_"; then echo "$pid_"; fi
	done
}

# children PID prints the processes that a process started and that are alive.
children() {
	for entry_ in /proc/[0-9]*; do
		{ read -r stat_ <"$entry_/stat"; } 2>/dev/null || continue
		stat_=${stat_##*) } # behind the name: state, parent, ...
		parent_=${stat_#? }
		case $stat_ in
		[ZX]*) continue ;;
		esac
		if [ "${parent_%% *}" = "$1" ]; then echo "${entry_#/proc/}"; fi
	done
}

# command_line PID prints how a process was started, or how it names itself.
command_line() { { tr '\0' ' ' <"/proc/$1/cmdline"; } 2>/dev/null || true; }

# running PIDFILE prints the process that a pid file names; nothing, and 1, where it does not run.
running() {
	named_=
	{ read -r named_ <"$1"; } 2>/dev/null || [ -n "$named_" ] || return 1
	case $named_ in
	'' | *[!0-9]*) return 1 ;;
	esac
	alive "$named_" || return 1
	echo "$named_"
}

# elsewhere PID... prints the folder of the first process that works in another release than the new one. Of a process outside of
# the releases, or of another user, it says nothing.
elsewhere() {
	release_=$(cd "$SLIPWAY_RELEASE_PATH" && pwd -P)
	for process_; do
		folder_=$(readlink "/proc/$process_/cwd") || continue
		case $folder_/ in
		"$release_"/*) ;;
		"${release_%/*}"/*)
			printf '%s\n' "$folder_"
			return ;;
		esac
	done
}

# in_release MEND PID... ends the recipe where a process works in another release.
in_release() {
	mend_=$1
	shift
	where_=$(elsewhere "$@")
	if [ -n "$where_" ]; then fail "the new workers run in $where_, not in the new release: $mend_"; fi
}

# end SIGNAL PIDFILE SECONDS ends the process that a pid file names. It fails the recipe where that does not end, or where
# something starts it again.
end() {
	ends_=$(running "$2") || return 0
	kill "-$1" "$ends_" || fail "process $ends_ is not $(id -un)'s to end"
	if ! within "$3" gone "$ends_"; then fail "process $ends_ does not end within $3s: kill $ends_"; fi
	if within 2 running "$2" >/dev/null; then
		fail "process $ends_ ended, and something started $(running "$2") in its place: stop it there, so that it does not serve the failed release"
	fi
}

# ending prints the end of what it reads, where a program says why it ended: at most 60 lines, of the last 16 KiB. The line that is
# cut there is left out, since nobody could know a piece of a secret in it; of a single line, its first word.
ending() {
	tail -c 16384 | LC_ALL=C awk '
		{ lines[NR] = $0; bytes += length($0) + 1 }
		END {
			first = 1
			if (bytes >= 16384 && NR > 1) first = 2
			else if (bytes >= 16384) sub(/^[^ ]* /, "", lines[1])
			if (NR - first >= 60) first = NR - 59
			for (i = first; i <= NR; i++) print lines[i]
		}'
}

# last_lines FILE prints the end of a log.
last_lines() {
	if [ ! -r "$1" ]; then fail "$(id -un) cannot read the log $1"; fi
	echo "--- $1"
	ending <"$1"
}

# log_of PIDFILE prints the end of the file that a process has as its standard error, or fails the recipe.
log_of() {
	file_=
	if writes_=$(running "$1"); then file_=$(readlink "/proc/$writes_/fd/2") || file_=; fi
	if [ ! -f "$file_" ]; then fail "nobody knows where it logs to: set \`log\`"; fi
	last_lines "$file_"
}
