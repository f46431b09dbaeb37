# Joins a step that was started before, and follows its log to its end. The functions of process.sh, drop.sh and log.sh
# stand before it.
#
# $1      the deploy path
# $2      the folder of the try, below the deploy path
# $3      the token that ends the output
# $4      the byte of the log to go on from
#
# Standard output is the log from there on, with the lines of pour in it, and then "<token> <status>", where the status
# is as in the file `status`, or "unknown". Ends 91 when the step never began; it never will then. Ends 92 when that
# cannot be told.
LC_ALL=C
export LC_ALL
set -u
if ! cd "$1/"; then
	echo "$1 is not there" >&2
	exit 92
fi
folder=$2 token=$3 from=$4 boot=-

umask 077
if drop "$folder"; then
	echo "it never began: see $PWD/$folder" >&2
	exit 91
fi
if [ ! -e "$folder/log" ] || ! open_log "$folder" "$from"; then
	echo "$PWD/$folder/log cannot be read" >&2
	exit 92
fi

# The wrapper is who writes the status. While it lives the step is looked at twice a second.
boot
wrapper=0 since='' booted=''
read -r _ _ wrapper since booted <"$folder/pid"
{
	while [ "$boot" = "$booted" ] && alive "$wrapper" "$since"; do
		echo tick || exit
		sleep 0.5 2>/dev/null || sleep 1
	done
} 2>/dev/null | follow "$folder" "$token"
