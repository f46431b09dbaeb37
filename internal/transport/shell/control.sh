# Runs commands one after another, each in a subshell, until the end of standard input.
#
# A command is: a line with its token; a line that says where its standard input comes from ("null" or "stdin"); a line with
# "new" or "kept", the number of its script, how many bytes the two texts that follow have, and a name for people; what sets its
# arguments, and the token again; and, where it is new, its script, and the token again. A script is kept under its number, so that it comes once, however often it is run.
# What a command writes comes back between two lines with the token on standard output and on
# standard error; the status follows the last one on standard output. After a command with "stdin" there is no other.
#
# A shell reads byte by byte, with a system call for each, so a long text is read by a program: dd reads as many bytes as it is told, and
# no more. One that cannot do that reads nothing, and the shell reads all by itself, as it reads what follows the text. One that was killed
# has read nobody knows how much, and what it prints may be cut: then nothing more is run here.
# Long texts are put together from blocks of 100 lines: adding every line to all before it takes quadratic time.
# Nothing runs unless its last line has come.
slipway_n=${n-}
slipway_all=''
slipway_read() {
	slipway_text='' slipway_block='' slipway_lines=0 slipway_long=''
	[ "$1" -lt 8192 ] || slipway_long=$(dd bs="$1" count=1 iflag=fullblock 2>/dev/null) || [ $? -lt 128 ] || exit 1
	while IFS= read -r slipway_line || exit 1; [ "$slipway_line" != "$slipway_token" ]; do
		slipway_block=$slipway_block$slipway_line$slipway_n
		case $slipway_lines in
		99) slipway_text=$slipway_text$slipway_block slipway_block='' slipway_lines=0 ;;
		*) slipway_lines=$((slipway_lines + 1)) ;;
		esac
	done
	slipway_text=$slipway_text$slipway_block
	[ -n "$slipway_long" ] || return 0
	[ "$slipway_text" = "$slipway_n" ] || exit 1
	slipway_text=$slipway_long$slipway_n slipway_long=''
}
# The loader has kept what it read. A start-up file that took lines for itself has left it the rest, and a shell that a start-up
# file started reads this without a loader.
case ${slipway_n-}${c-} in
"
slipway_n="*) unset -v TMOUT c l n ;;
*)
	echo "a start-up file of the login shell reads standard input, or starts another shell" >&2
	exit 1
	;;
esac
# A shell that a start-up file started, and that has refused here, leaves the rest to the login shell, which has no slipway_read.
while command -v slipway_read >/dev/null && IFS= read -r slipway_token && IFS= read -r slipway_input && read -r slipway_state slipway_number slipway_size slipway_length slipway_line; do
	slipway_read "$slipway_size"
	slipway_script=$slipway_text
	case $slipway_state in
	new)
		slipway_read "$slipway_length"
		eval "slipway_kept_$slipway_number=\$slipway_text"
		slipway_all="$slipway_all slipway_kept_$slipway_number"
		;;
	esac
	eval "slipway_script=\$slipway_script\$slipway_kept_$slipway_number"
	slipway_script="unset -f slipway_read
unset -v slipway_n slipway_token slipway_input slipway_state slipway_number slipway_all slipway_script slipway_size slipway_length slipway_long slipway_text slipway_block slipway_lines slipway_line$slipway_all
$slipway_script"
	echo "$slipway_token"
	echo "$slipway_token" >&2
	case $slipway_input in
	null) (eval "$slipway_script") </dev/null ;;
	*) (eval "$slipway_script") ;;
	esac
	echo "$slipway_token $?"
	echo "$slipway_token" >&2
	[ "$slipway_input" = null ] || exit 0
done
