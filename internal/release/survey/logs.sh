# Prints the ends of the logs that steps left. It reads regular files only, and changes nothing.
#
# $1      the deploy path
# $2      the ID of the deployment
# $3      the most bytes of each log
# $4...   folders of tries: <phase>-<number>-<slug>/do-<try>
#
# Standard output is records, each ended by a NUL: a line with the folder, one with the times of its start and its end ('' where it
# has not ended), and then the end of the log. The functions of process.sh stand before it.
LC_ALL=C
export LC_ALL
bytes=$3
cd "$1/.slipway/deployments/$2/steps/" 2>/dev/null || exit 0
shift 3

# Puts the last two parts of a log into older and newest, '' where there is none: the newest may have just begun. Names are in the
# order of their digits, and not of their numbers.
parts() {
	older='' newest='' below=-1 highest=-1
	for part in "$1/log" "$1"/log.*; do
		at=${part#"$1/log"}
		at=${at#.}
		case ${at:=0} in
		*[!0-9]*) continue ;;
		esac
		if [ ! -f "$part" ]; then
			continue
		elif [ "$at" -gt "$highest" ]; then
			older=$newest below=$highest newest=$part highest=$at
		elif [ "$at" -gt "$below" ]; then
			older=$part below=$at
		fi
	done
}

for try do
	[ -d "$try" ] || continue
	parts "$try"
	printf '%s\n' "$try"
	begun='' ended=''
	[ ! -f "$try/meta" ] || begun=$(stat -L -c %Y "$try/meta")
	! ended "$try" || ended=$(stat -L -c %Y "$try/status")
	printf '%s %s\n' "$begun" "$ended"
	if [ -n "$newest" ]; then
		{
			[ -z "$older" ] || tail -c "$bytes" "$older"
			tail -c "$bytes" "$newest"
		} | tail -c "$bytes" | tr '\000' '?'
	fi
	printf '\0'
done
