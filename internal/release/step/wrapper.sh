# The wrapper: lives as long as the step, enforces its time-out, keeps its log and the lock, and writes down how it ended.
# It is read from standard input, so that the environment, which is put after it as the function `environment`, is in no
# argument list. The functions of process.sh and keep.sh stand before it.
#
# $1      the step's folder, absolute
# $2      the step's working directory
# $3      its time-out in seconds, 0 for none
# $4      its interpreter with arguments, as in "sh -eu"
# $5      the folder of the lock's generation under which it runs, absolute, or ''
# $6      how many seconds there are between two signs of life
# $7 $8   how many bytes of the log's beginning and of the rest stay: see keep
# $9      the step's umask

# Writes into the journal which process the step is, and makes it begin. Runs in the process that becomes the step.
begin() {
	if read -r self 2>/dev/null </proc/self/stat; then
		self=${self%% *}
	else
		# shellcheck disable=SC2016 # of that shell
		self=$(exec sh -c 'echo "$PPID"')
	fi
	boot=- start=-
	boot
	started "$self"
	line="$self $start"
	started "$$"
	printf '%-127s\n' "$line $$ $start $boot" 1<>"$folder/pid" || return
	# From here on it counts as begun, also after a power cut. Who wants it never to begin renames the same file.
	mv -f "$folder/ready" "$folder/begun" 2>/dev/null || return
	sync "$folder/begun" "$folder" 2>/dev/null || :
}

run() {
	trap - HUP
	begin || exit 126
	umask "$mask"
	cd "$dir" || exit 126
	unset OLDPWD
	set -f
	# shellcheck disable=SC2086 # an interpreter and its arguments
	set -- $shell "$folder/script"
	# The interpreter is the one that the step's own PATH finds; where that finds none, the system's.
	program=$(environment && command -v "$1") || program=$(command -v "$1") || program=$1
	shift
	set -- "$program" "$@"
	if detach=$(command -v setsid); then
		set -- "$detach" "$@"
	fi
	# From here on every variable is the step's, PATH and IFS as well: nothing may come between.
	environment
	exec "$@"
}

# Sleeps, and ends with its process when that is told to: nothing of the wrapper outlives it.
sleeper=
nap() {
	sleep "$1" &
	sleeper=$!
	wait "$sleeper"
}

rest() {
	[ -z "$sleeper" ] || kill "$sleeper"
	exit 1
}

# Ends the step when its time is over: TERM, and KILL for what is still there 10 s later. It succeeds when it has, and
# goes on without the wrapper.
watch() {
	trap rest TERM
	nap "$limit"
	trap '' TERM
	read -r _ since _ <"$folder/pid"
	alive "$$" "$own" || alive "$step" "$since" || exit 1
	reach TERM "$step" "$since"
	tries=0
	while reach 0 "$step" "$since" && [ "$tries" -lt 100 ]; do
		sleep 0.1 || sleep 1
		tries=$((tries + 1))
	done
	reach KILL "$step" "$since"
	exit 0
}

# Gives signs of life for the deployment that holds the lock, as long as the wrapper lives: the step must keep the lock when
# the runner dies. A generation that is no longer the highest is left alone; one that the same deployment took over is
# now a link to the newer one.
beat() {
	trap rest TERM
	beats=0
	while nap "$pace" && alive "$$" "$own"; do
		if [ ! -L "$lock" ]; then
			for other in "${lock%/*}"/*; do
				other=${other##*/}
				case $other in
				'' | *[!0-9]*) ;;
				*) [ "$other" -le "${lock##*/}" ] || continue 2 ;;
				esac
			done
		fi
		[ -e "$lock/heartbeat" ] || continue
		beats=$((beats + 1))
		printf '%-31s\n' "step $$.$beats" 1<>"$lock/heartbeat"
	done
}

# Wakes the wrapper once there was no output for a moment, or after two seconds, and repeats the signal until it is ended.
hush() {
	seen='' looks=0
	while [ "$looks" -lt 20 ]; do
		sleep 0.1 || sleep 1
		sizes=$(stat -c %s "$folder"/log*)
		[ "$sizes" != "$seen" ] || break
		seen=$sizes looks=$((looks + 1))
	done
	while kill -USR1 "$$"; do
		sleep 0.1 || sleep 1
	done
}

main() {
	folder=$1 dir=$2 limit=$3 shell=$4 lock=$5 pace=$6 head=$7 tail=$8 mask=$9
	trap '' HUP
	exec </dev/null 3<&- 4<&- 5<&- 6<&- 7<&- 8<&- 9<&-
	umask 077
	started "$$"
	own=$start

	# The pipe needs its name no longer than it takes to open both of its ends.
	exec 3<>"$folder/pipe"
	# shellcheck disable=SC2094 # a pipe
	exec 4<"$folder/pipe" 5>"$folder/pipe"
	exec 3<&-
	# exec in a subshell, since a shell keeps copies of the descriptors that it redirects for a function.
	(
		exec <&4 4<&- 5>&- >/dev/null 2>&1
		keep "$folder" "$head" "$tail"
	) &
	keeper=$!
	(
		exec >&5 2>&1 4<&- 5>&-
		run
	) &
	step=$!
	exec 4<&- 5>&- >/dev/null 2>&1
	rm -f "$folder/pipe"

	watcher='' heart=''
	if [ "$limit" != 0 ]; then
		watch &
		watcher=$!
	fi
	if [ -n "$lock" ]; then
		beat &
		heart=$!
	fi
	# Some shells tell a killed child's end in words of their own.
	wait "$step" 2>/dev/null
	code=$?

	# Its own process has ended: what it left in the background holds nothing up. After a time-out that goes too.
	status="exit $code"
	if [ "$code" -gt 128 ] && [ "$code" -lt 160 ] && name=$(kill -l "$((code - 128))" 2>/dev/null); then
		status="signal $name"
	fi
	if [ -n "$watcher" ]; then
		kill "$watcher"
		! wait "$watcher" || status=timeout
	fi

	# The status is written after the log, when all that the step printed is in there. The end of the pipe shows that. Where a
	# program in the background keeps the pipe open, it is enough that nothing comes any more; that program may write on.
	trap : USR1
	hush &
	husher=$!
	wait "$keeper"
	kill "$husher"
	[ -z "$heart" ] || kill "$heart"

	[ -e "$folder/begun" ] || exit 0
	printf '%-31s\n' "$status" 1<>"$folder/status.new"
	mv -f "$folder/status.new" "$folder/status"
	sync "$folder/status" "$folder"
}
