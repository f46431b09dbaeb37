# The launcher: starts a step, detached from the connection, and follows its log to its end.
#
# $1      the deploy path
# $2      the folder of this try of the step, below the deploy path; it must not be there yet
# $3      the token that ends the output
# $4      the wrapper: a program for sh on standard input
# $5      the step's script
# $6...   arguments of the wrapper, after the folder: see wrapper.sh
#
# Standard output is the step's log as it grows, and then "<token> <status>" and a newline, where the status is as in
# the file `status`, or "unknown". Ends 90 when the step was started before, 92 when it cannot be started.
set -u
cd "$1/" || exit 92
folder=$2 token=$3 wrapper=$4 script=$5
shift 5

refuse() {
	status=$1
	shift
	printf '%s\n' "$*" >&2
	exit "$status"
}

# mkdir is the guard: whoever makes the folder runs the step.
umask 077
mkdir -p "${folder%/*}" || refuse 92 "${folder%/*} cannot be made"
if ! mkdir "$folder" 2>/dev/null; then
	[ ! -d "$folder" ] || refuse 90 "it was started before: see $PWD/$folder"
	refuse 92 "$PWD/$folder cannot be made"
fi
# The status has its block on the disk before the step can fill it.
if ! printf '%s\n' "$script" >"$folder/script" || ! printf '%-31s\n' unknown >"$folder/status.new" || ! : >"$folder/log"; then
	rm -rf "$folder" # nothing was started
	refuse 92 "$PWD/$folder cannot be written to"
fi
exec 3<"$folder/log"

# setsid gives the step a life of its own. What the wrapper inherits is named here, and nothing else.
detach=$(command -v setsid) || detach=
user=${USER:-$(id -un)}
start() {
	printf '%s\n' "$wrapper" |
		${detach:+"$detach"} env -i PATH="$PATH" HOME="${HOME:-/}" USER="$user" LOGNAME="${LOGNAME:-$user}" \
			${TMPDIR:+"TMPDIR=$TMPDIR"} sh -s -- "$PWD/$folder" "$@" >>"$folder/log" 2>&1 3<&- &
}

# The log is looked at often at first, for the many short steps, then twice a second. Not every sleep takes fractions.
tick() {
	for pause in 0.02 0.05 0.1 0.2 0.3; do
		sleep "$pause" 2>/dev/null || sleep 1
		echo tick || exit
	done
	while sleep 0.5 2>/dev/null || sleep 1; do
		echo tick || exit
	done
}

# The end of the wrapper wakes the reader at once: the pace of the ticks delays output, never the end.
{
	start "$@"
	running=$!
	tick &
	ticker=$!
	wait "$running"
	echo end
	kill "$ticker"
} 2>/dev/null | while read -r event; do
	status=
	if [ -e "$folder/status" ]; then
		read -r status <"$folder/status"
	elif [ "$event" = end ]; then
		status=unknown
	fi
	# The offset is the descriptor's: each cat goes on where the last one stopped.
	cat <&3 || exit
	if [ -n "$status" ]; then
		printf '%s %s\n' "$token" "$status"
		break
	fi
done
