# The launcher: starts a step, detached from the connection, and follows its log to its end. The functions of log.sh and
# process.sh stand before it, and $program: the wrapper's program for sh on standard input, less its environment.
#
# $1      the deploy path
# $2      the folder of this try of the step, below the deploy path; it must not be there yet
# $3      the token that ends the output
# $4      the function `environment` of the wrapper
# $5      the step's script
# $6      what the journal keeps of it beside its script: fingerprint and attempt
# $7      the generation of the lock under which it runs, '' for none
# $8...   eight arguments of the wrapper, after the folder and less the lock: see wrapper.sh
# then    a script that is to be run besides once the step has succeeded, and its arguments; none is nothing
#
# Standard output is the step's log as it grows, with the lines of pour in it, and then "<token> <status>" and a newline,
# where the status is as in the file `status`, or "unknown", or "dropped" when somebody kept it from beginning. Ends 90 when the step
# was started before, 91 when somebody made sure that it never is, 92 when it cannot be started.
LC_ALL=C
export LC_ALL
set -u
cd "$1/" || exit 92
# shellcheck disable=SC2016,SC2154 # the end of the program, which stands before this script
folder=$2 token=$3 wrapper=$program$4'{ main "$@"; exit; }' script=$5 meta=$6 boot=- lock=${7:+$PWD/.slipway/lock/$7}
shift 7

refuse() {
	status=$1
	shift
	printf '%s\n' "$*" >&2
	exit "$status"
}

# mkdir is the guard: whoever makes the folder runs the step. The first try's makes the step's as well. Where somebody else makes that in
# the same moment it fails, and takes a try that it has made for the other's: then nobody runs it.
umask 077
make_folder() {
	if [ -d "${folder%/*}" ]; then
		mkdir "$folder"
	elif [ -d "${folder%/*/*}" ]; then
		mkdir "${folder%/*}" "$folder"
	else
		mkdir -p "${folder%/*}" && mkdir "$folder"
	fi 2>/dev/null
}
if ! make_folder; then
	[ ! -L "$folder/begun" ] || refuse 91 "it is not to be started any more: see $PWD/$folder"
	[ ! -d "$folder" ] || refuse 90 "it was started before: see $PWD/$folder"
	refuse 92 "$PWD/$folder cannot be made"
fi

# Everything that the wrapper writes has its block on the disk before the step can fill the disk.
reserve() {
	printf '%s\n' "$script" >"$folder/script" &&
		printf '%s\n' "$meta" >"$folder/meta" &&
		printf '%-31s\n' '' >"$folder/status" &&
		printf '%-31s\n' '' >"$folder/late" &&
		printf '%-127s\n' "- - - - $boot" >"$folder/pid" &&
		true >"$folder/log"
}
boot
if ! reserve; then
	rm -rf "$folder" # nothing was started
	refuse 92 "$PWD/$folder cannot be written to"
fi
# Somebody may have made sure of that as soon as there was the folder. Here it is only told early: see drop.sh.
[ ! -L "$folder/begun" ] || refuse 91 "it is not to be started any more: see $PWD/$folder"
open_log "$folder" 0 || refuse 92 "$PWD/$folder/log cannot be read"

# setsid detaches the step from this connection. The wrapper inherits what is named here, and nothing else. It reads its program from
# standard input, and ends the subshell that it is called in.
detach=
! command -v setsid >/dev/null || detach=setsid
user=${USER:-$(id -un)}
wrap() {
	exec ${detach:+"$detach"} env -i PATH="$PATH" HOME="${HOME:-/}" USER="$user" LOGNAME="${LOGNAME:-$user}" \
		${TMPDIR:+"TMPDIR=$TMPDIR"} sh -s -- "$PWD/$folder" "$1" "$2" "$3" "$lock" "$4" "$5" "$6" "$7" "$8" 2>>"$folder/log" 3<&-
}

# Opens two pipes without a process at their other ends: 4 and 5 are the end and the beginning of one, 6 and 7 of another. Many shells
# make a pipe for a short here-document that is not empty, which /proc opens once more. In each lies an empty line. It fails where they are none.
open_pipes() {
	{
		command exec 4<<'END' 6<<'END'

END

END
	} 2>/dev/null
	[ -p /proc/self/fd/4 ] && [ -p /proc/self/fd/6 ] && { command exec 5>/proc/self/fd/4 7>/proc/self/fd/6; } 2>/dev/null
}

# Starts the wrapper, and follows the log until the step has ended. What the wrapper prints wakes who does that; so does its end. Where
# there are no pipes to be had, two more processes make them.
start() {
	if open_pipes; then
		wrap "$@" <&4 >&7 4<&- 5>&- 6<&- 7>&- &
		exec 4<&- 7>&-
		trap '' PIPE # of a wrapper that was killed
		printf '%s\n' "$wrapper" 2>/dev/null >&5
		trap - PIPE
		exec 5>&-
		follow "$folder" "$token" <&6 || exit 0
		wait "$!" 2>/dev/null || :
		exec 6<&-
	else
		exec 4<&- 5>&- 6<&- 7>&-
		printf '%s\n' "$wrapper" | wrap "$@" | follow "$folder" "$token" || exit 0
	fi
}

command -v fence >/dev/null || fence() { :; }
fence rm -rf "$folder"

# What an undo takes back counts for nothing, from right before the undo begins. Not sooner: where the undo cannot be started, the
# journal must not read as if it had been. A step that moved in the deploy file since has tries under other numbers, too.
case $folder in
*/undo-*)
	steps=${folder%/*/*}
	of=${folder#"$steps/"}
	of=${of%/*}
	phase=${of%%-*} slug=${of#*-*-}
	for try in "$steps/$phase"-*-"$slug"/do-*; do
		of=${try%/*}
		of=${of##*/}
		[ "${of#*-*-}" = "$slug" ] || continue # another step's name ends in it
		if [ -d "$try" ] && ! true >"$try/void"; then
			rm -rf "$folder"
			refuse 92 "$PWD/$try cannot be written to"
		fi
	done
	;;
esac

start "$@"

if [ "$#" -gt 8 ] && ended "$folder" && [ "$status" = 'exit 0' ]; then
	shift 8
	script=$1
	shift
	exec >/dev/null
	fence :
	eval "$script"
fi
