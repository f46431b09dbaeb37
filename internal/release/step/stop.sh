# Ends a running step: TERM to its process group, and KILL to what is still there 5 s later.
#
# $1      the deploy path
# $2      the folder of the try, below the deploy path
#
# A step that was never started, or has ended, is left alone. Ends 91 when it does not end.
set -u
cd "$1/" || exit 1
folder=$2
[ -s "$folder/pid" ] && [ ! -e "$folder/status" ] || exit 0
read -r step start _ _ boot <"$folder/pid"

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

for signal in TERM KILL; do
	kill "-$signal" "-$step" 2>/dev/null || kill "-$signal" "$step" 2>/dev/null
	tries=0
	while [ "$tries" -lt 50 ]; do
		[ ! -e "$folder/status" ] || exit 0
		sleep 0.1 2>/dev/null || sleep 1
		tries=$((tries + 1))
	done
done
echo "process $step does not end" >&2
exit 91
