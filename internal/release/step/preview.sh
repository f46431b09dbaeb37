# Runs a script that tells what a step would do, in the release that is live, and ends it when its time is over. The functions of
# process.sh stand before it.
#
# $1      the deploy path
# $2      the working directory, from the release, or absolute
# $3      its time in seconds
# $4      the function `environment`, which exports what the script sees
# $5      the script
# $6      a word that nothing else prints
# stdin   the paths of the files that the new release has, a line each: the script's
#
# Standard output is the end of what the script prints, and a last line of the word and how it ended: exit 0, timeout, or none.
LC_ALL=C
export LC_ALL
dir=$1/current/$2
case $2 in
/*) dir=$2 ;;
esac
if ! cd "$1/current/" 2>/dev/null || ! cd "$dir" 2>/dev/null; then
	cat >/dev/null
	echo "$6 none"
	exit 0
fi
exec 3<&0
{
	(
		exec 0<&3 3<&-
		# What a step does not see is not seen here either.
		for name in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p'); do
			case $name in
			HOME | USER | LOGNAME | TMPDIR | PWD) ;;
			*) unset "$name" 2>/dev/null || : ;;
			esac
		done
		umask 077
		eval "$4"
		script=$5
		environment
		set -eu
		set --
		eval "$script"
	) 2>&1 &
	told=$! start=-
	started "$told"
	since=$start
	tenths=$((${3%%.*} * 10)) code=timeout
	while [ "$tenths" -gt 0 ] && alive "$told" "$since"; do
		sleep 0.1 2>/dev/null || { sleep 1 && tenths=$((tenths - 9)); }
		tenths=$((tenths - 1))
	done
	if alive "$told" "$since"; then
		reach KILL "$told" "$since"
	else
		wait "$told"
		code="exit $?"
	fi
	exec 0<&3
	cat >/dev/null
	printf '\n%s\n' "$6 $code"
} | tail -c 16384
