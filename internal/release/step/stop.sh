# Ends a running step: TERM to all that it started and did not detach, and KILL to what is still there 5 s later. The
# functions of process.sh and drop.sh stand before it.
#
# $1      the deploy path
# $2      the folder of the try, below the deploy path
#
# A step that has not begun never will; one that has ended is left alone. Ends 91 when it does not end.
LC_ALL=C
export LC_ALL
set -u
cd "$1/" || exit 1
folder=$2 boot=-
umask 077
if ended "$folder" || drop "$folder"; then
	exit 0
fi

# The number may be another process's by now: after a reboot, or after the end of the step.
step=0 since='' wrapper=0 own='' booted=''
read -r step since wrapper own booted <"$folder/pid"
boot
if [ "$step" = - ] && [ "$boot" = "$booted" ]; then
	echo "it may begin yet: $PWD/$folder cannot be written to" >&2
	exit 91
fi
[ "$boot" = "$booted" ] && alive "$step" "$since" || exit 0

for signal in TERM KILL; do
	reach "$signal" "$step" "$since"
	tries=0
	while [ "$tries" -lt 50 ]; do
		if ended "$folder" || { ! alive "$wrapper" "$own" && ! reach 0 "$step" "$since"; }; then
			exit 0
		fi
		sleep 0.1 2>/dev/null || sleep 1
		tries=$((tries + 1))
	done
done
echo "process $step does not end" >&2
exit 91
