# The wrapper: lives as long as the step, enforces its time-out, keeps its log and the lock, and writes down how it ended.
# It is read from standard input, so that the environment, which is put after it as the function `environment`, is in no
# argument list. The functions of process.sh and keep.sh stand before it.
#
# $1      the step's folder, absolute
# $2      the step's working directory
# $3      its time-out in milliseconds, 0 for none
# $4      its interpreter with arguments, as in "sh -eu"
# $5      the folder of the lock's generation under which it runs, absolute, or ''
# $6      how many milliseconds there are between two signs of life
# $7 $8   how many bytes of the log's beginning and of the rest stay: see keep
# $9      the step's umask
# ${10}   'yes' where the step may run again when nobody saw its end, else ''

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
	# From here on it counts as begun, unless somebody has taken the name: see drop.sh. A name for a file that is there can be made
	# where there is no room for a new file.
	set -C
	{ true >"$folder/begun"; } 2>/dev/null || ln "$folder/meta" "$folder/begun" 2>/dev/null || return
	set +C
	# Of a success counts what the fingerprint in the file meta says.
	on_disk "$folder/begun" "$folder/meta"
}

# Makes sure that files of the step are there also after a power cut, with what is in them. What may run again needs no such thing.
on_disk() {
	[ -n "$again" ] || sync "$@" "$folder" 2>/dev/null || :
}

run() {
	trap - HUP TERM
	begin || exit 126
	umask "$mask"
	cd "$dir" || exit 126
	unset OLDPWD
	set -f
	# shellcheck disable=SC2086 # an interpreter and its arguments
	set -- $shell "$folder/script"
	# The interpreter is the one that the step's own PATH finds; where that finds none, the system's.
	# shellcheck disable=SC2154 # stands beside the function environment
	find_program "$1" "$step_path"
	[ -n "$found" ] || find_program "$1" "$PATH"
	program=${found:-$1}
	shift
	set -- "$program" "$@"
	find_program setsid "$PATH"
	[ -z "$found" ] || set -- "$found" "$@"
	# From here on every variable is the step's, PATH and IFS as well: nothing may come between.
	environment
	exec "$@"
}

# Puts the milliseconds since some moment into now. Where the host does not tell them, they are what was slept.
now=0
clock() {
	if read -r uptime _ 2>/dev/null </proc/uptime; then
		hundredths=1${uptime#*.}
		now=$((${uptime%.*} * 1000 + (hundredths - 100) * 10))
	else
		now=$((now + slept))
	fi
}

# Sleeps for so many milliseconds, unless a signal comes that ends the sleep. Not every sleep takes fractions.
sleeper='' slept=0 rested=''
nap() {
	slept=$1
	case $1 in
	*000) doze "${1%000}" ;;
	*)
		fraction=$((1000 + $1 % 1000))
		doze "$(($1 / 1000)).${fraction#1}" || [ -n "$over" ] || {
			slept=$((($1 / 1000 + 1) * 1000))
			doze "${slept%000}"
		}
		;;
	esac
}

doze() {
	sleep "$1" 6>&- &
	sleeper=$!
	wait "$sleeper"
	set -- "$?"
	if [ "$1" -gt 128 ] && [ -n "$over" ]; then
		wait "$sleeper"
		rested=yes
	fi
	sleeper=
	return "$1"
}

# Succeeds where the step's process is no more. That of another user shows nothing where /proc is mounted with hidepid.
gone() {
	started "$step"
	[ -z "$start" ] || return 1
	case $(kill -0 "$step" 2>&1) in
	*'o such process'*) ;;
	*) return 1 ;;
	esac
}

# Looks after the step until its process has ended, and tells what is due: to who follows the log that it is to be looked at, often
# at first, for the many short steps; to the lock that the step lives; and to the step that its time is over, also without the wrapper. It
# ends where it has ended the step. Where the step has ended by itself it goes on as hush, unless the wrapper is gone.
#
# TERM tells it that the step has ended, USR2 ends it. Nothing of it stays, no sleep either. A short sleep is slept to its end: mostly
# USR2 comes before that, and else it is the first one of hush.
attend() {
	over='' tick=100
	trap '[ -z "$sleeper" ] || kill "$sleeper"; exit' USR2
	trap 'over=yes; [ -n "$tick" ] || [ -z "$sleeper" ] || kill "$sleeper"' TERM
	trap '' PIPE
	clock
	ends=$((now + limit)) beats=0 beaten=$now
	while :; do
		pause=${tick:-3600000}
		[ "$limit" = 0 ] || [ "$pause" -le $((ends - now)) ] || pause=$((ends - now))
		[ -z "$lock" ] || [ "$pause" -le $((beaten + pace - now)) ] || pause=$((beaten + pace - now))
		[ -n "$over" ] || [ "$pause" -le 0 ] || nap "$pause"
		clock
		if ! alive "$$" "$own"; then
			exec 6>&-
			tick='' lock='' over=
			started "$step"
			[ "$limit" != 0 ] && [ -n "$start" ] || exit
		elif [ -n "$over" ] || gone; then
			break
		fi
		[ "$limit" = 0 ] || [ "$now" -lt "$ends" ] || expire
		if [ -n "$lock" ] && [ "$now" -ge $((beaten + pace)) ]; then
			beat
			beaten=$now
		fi
		if [ -n "$tick" ]; then
			# One byte: where who follows the log does not read on for hours, the pipe must not fill and hold all this up.
			if echo >&6; then
				[ "$tick" -ge 500 ] || tick=$((tick + 100))
			else
				tick=
			fi
		fi
	done
	hush
}

# Ends the step when its time is over: TERM, and KILL for what is still there 10 s later. It goes on without the wrapper, which finds in
# the file late that its time was over.
expire() {
	read -r _ since _ <"$folder/pid"
	if ! alive "$step" "$since"; then
		ends=$((now + 1000)) # it has ended by itself, which the wrapper tells
		return
	fi
	printf '%-31s\n' late 1<>"$folder/late"
	reach TERM "$step" "$since"
	ends=$((now + 10000))
	while reach 0 "$step" "$since" && [ "$now" -lt "$ends" ]; do
		nap 100
		clock
	done
	reach KILL "$step" "$since"
	exit 0
}

# Gives a sign of life for the deployment that holds the lock: the step must keep the lock when the runner dies. A generation that is no
# longer the highest is left alone; one that the same deployment took over is now a link to the newer one.
beat() {
	if [ ! -L "$lock" ]; then
		for other in "${lock%/*}"/*; do
			other=${other##*/}
			case $other in
			'' | *[!0-9]*) ;;
			*) [ "$other" -le "${lock##*/}" ] || return 0 ;;
			esac
		done
	fi
	[ -e "$lock/heartbeat" ] || return 0
	beats=$((beats + 1))
	printf '%-31s\n' "step $$.$beats" 1<>"$lock/heartbeat"
}

# Wakes the wrapper once there was no output for a moment, or after two seconds, and repeats the signal until it is ended.
hush() {
	exec 6>&-
	seen='' looks=0
	while [ "$looks" -lt 20 ]; do
		[ -n "$rested" ] || sleep 0.1 || sleep 1
		rested=
		sizes=$(stat -c %s "$folder"/log*)
		[ "$sizes" != "$seen" ] || break
		seen=$sizes looks=$((looks + 1))
	done
	while kill -USR1 "$$"; do
		sleep 0.1 || sleep 1
	done
}

# Opens a pipe for the step's output: 4 is its end, 5 its beginning. That by which this program came will do, now that it is read to its
# end, where the host lets it be opened once more; else there is one with a name, for as long as it takes to open it.
open_pipe() {
	exec 4<&0
	if [ -p /proc/self/fd/0 ] && { command exec 5>/proc/self/fd/0; } 2>/dev/null; then
		return
	fi
	if ! mkfifo "$folder/pipe"; then
		ln -s never "$folder/begun" || { rm -f "$folder/script" && ln -s never "$folder/begun"; }
		exit
	fi
	exec 3<>"$folder/pipe"
	# shellcheck disable=SC2094 # a pipe
	exec 4<"$folder/pipe" 5>"$folder/pipe"
	exec 3<&-
	rm -f "$folder/pipe"
}

main() {
	folder=$1 dir=$2 limit=$3 shell=$4 lock=$5 pace=$6 head=$7 tail=$8 mask=$9 again=${10}
	trap '' HUP
	exec 3<&- 4<&- 5<&- 7<&- 8<&- 9<&- 6>&1
	umask 077
	started "$$"
	own=$start
	open_pipe
	exec </dev/null
	# exec in a subshell, since a shell keeps copies of the descriptors that it redirects for a function.
	(
		exec <&4 4<&- 5>&- 6>&- >/dev/null 2>&1
		keep "$folder" "$head" "$tail"
	) &
	keeper=$!
	(
		exec >&5 2>&1 4<&- 5>&- 6>&-
		run
	) &
	step=$!
	exec 4<&- 5>&- >/dev/null 2>&1

	# Until it has a trap of its own, a signal to end must not end it. Nor must its own end this: it may see sooner that the step has ended.
	trap '' TERM USR1
	attend &
	attendant=$!
	trap - TERM
	# Some shells tell a killed child's end in words of their own.
	wait "$step" 2>/dev/null
	code=$?

	# Its own process has ended: what it left in the background holds nothing up. After a time-out that goes too.
	status="exit $code"
	if [ "$code" -gt 128 ] && [ "$code" -lt 160 ] && name=$(kill -l "$((code - 128))" 2>/dev/null); then
		status="signal $name"
	fi
	# The status is written after the log, when all that the step printed is in there. The end of the pipe shows that. Where a
	# program in the background keeps the pipe open, it is enough that nothing comes any more; that program may write on.
	trap : USR1
	read -r said <"$folder/late"
	if [ "$said" = late ]; then
		status=timeout
		wait "$attendant"
	fi
	if ! kill "$attendant"; then # it has ended the step, or was killed
		hush &
		attendant=$!
	fi
	wait "$keeper"
	kill -USR2 "$attendant"

	[ -e "$folder/begun" ] || exit 0
	printf '%-31s\n' "$status" 1<>"$folder/status"
	on_disk "$folder/status"
}
