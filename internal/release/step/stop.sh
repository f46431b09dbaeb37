# Ends a running step: TERM to its process group, and KILL to what is still there 5 s later.
#
# $1      the deploy path
# $2      the folder of the try, below the deploy path
#
# A step that was never started, or has ended, is left alone. Ends 91 when it does not end.
set -u
cd "$1/" || exit 1
folder=$2
[ -d "$folder" ] || exit 0

# A step that starts this moment gets its pid soon.
tries=0
while [ ! -s "$folder/pid" ] && [ "$tries" -lt 20 ]; do
	sleep 0.1 2>/dev/null || sleep 1
	tries=$((tries + 1))
done
if [ ! -s "$folder/pid" ] || [ -e "$folder/status" ]; then
	exit 0
fi
read -r step start wrapper _ boot <"$folder/pid"

# The number may be another process's by now: after a reboot, or after the end of the step.
now=-
read -r now 2>/dev/null </proc/sys/kernel/random/boot_id
[ "$now" = "$boot" ] || exit 0
if [ "$start" != - ]; then
	stat=
	read -r stat 2>/dev/null <"/proc/$step/stat" || exit 0
	# shellcheck disable=SC2086 # the fields after the name, which may hold anything
	set -- ${stat##*) }
	[ "${20}" = "$start" ] || exit 0
fi

# With setsid the step leads a process group, without it is alone.
signal() {
	kill "-$1" "-$step" 2>/dev/null || kill "-$1" "$step" 2>/dev/null
}

for signal in TERM KILL; do
	signal "$signal"
	tries=0
	while [ "$tries" -lt 50 ]; do
		if [ -e "$folder/status" ] || { ! kill -0 "$wrapper" 2>/dev/null && ! signal 0; }; then
			exit 0
		fi
		sleep 0.1 2>/dev/null || sleep 1
		tries=$((tries + 1))
	done
done
echo "process $step does not end" >&2
exit 91
