# The wrapper: lives as long as the step, enforces its time-out, and writes down how it ended. It is read from standard
# input, so that the environment, which is put after it as the function `environment`, is in no argument list.
#
# $1      the step's folder, absolute
# $2      the step's working directory
# $3      its time-out in seconds, 0 for none
# $4      its interpreter with arguments, as in "sh -eu"
#
# Standard output and error are the log. That is the one place where output enters it.

# Sends a signal to everything that the step started and did not detach; without setsid, to its own process.
signal() {
	kill "-$1" "-$step" 2>/dev/null || kill "-$1" "$step" 2>/dev/null
}

# The start time of a process (field 22 of its stat) tells it from a later one with the same number.
started() {
	start=-
	if read -r start 2>/dev/null <"/proc/$1/stat"; then
		# shellcheck disable=SC2086 # the fields after the name, which may hold anything
		set -- ${start##*) }
		start=${20}
	fi
}

identify() {
	boot=-
	read -r boot 2>/dev/null </proc/sys/kernel/random/boot_id
	started "$step"
	line="$step $start"
	started "$$"
	printf '%s %s %s %s\n' "$line" "$$" "$start" "$boot" >"$folder/pid"
}

run() {
	trap - HUP
	umask 022
	cd "$dir" || exit 126
	set -f
	# shellcheck disable=SC2086 # an interpreter and its arguments
	set -- $shell "$folder/script"
	if detach=$(command -v setsid); then
		set -- "$detach" "$@"
	fi
	environment
	unset OLDPWD
	exec "$@"
}

# Ends the step when its time is over: TERM, and KILL for what is still there 10 s later.
watch() {
	sleeper=
	trap '[ -z "$sleeper" ] || kill "$sleeper"; exit' TERM
	sleep "$limit" &
	sleeper=$!
	wait "$sleeper"
	: >"$folder/timeout"
	signal TERM
	tries=0
	while signal 0 && [ "$tries" -lt 100 ]; do
		sleep 0.1 || sleep 1
		tries=$((tries + 1))
	done
	signal KILL
}

main() {
	folder=$1 dir=$2 limit=$3 shell=$4
	trap '' HUP
	exec </dev/null 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-
	umask 077
	(run) &
	step=$!
	watcher=
	if [ "$limit" != 0 ]; then
		watch >/dev/null 2>&1 &
		watcher=$!
	fi
	identify
	# Some shells tell a killed child's end in words of their own.
	wait "$step" 2>/dev/null
	code=$?

	# Its own process has ended: what it left in the background holds nothing up. After a time-out that goes too.
	status="exit $code"
	if [ -e "$folder/timeout" ]; then
		wait "$watcher"
		status=timeout
	else
		[ -z "$watcher" ] || kill "$watcher" 2>/dev/null
		if [ "$code" -gt 128 ] && [ "$code" -lt 160 ] && name=$(kill -l "$((code - 128))" 2>/dev/null); then
			status="signal $name"
		fi
	fi
	printf '%-31s\n' "$status" 1<>"$folder/status.new"
	mv -f "$folder/status.new" "$folder/status"
}
