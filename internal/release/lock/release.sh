# Gives a generation back. One that was given back before, or that another owner took over, is left as it is.
#
# $1      the deploy path
# $2      the generation
#
# Ends 92 when the host cannot write.
LC_ALL=C
export LC_ALL
set -u
# Where the same deployment's next attempt took over, the name leads to that attempt's generation: not ours to give.
cd -P "$1/.slipway/lock/$2" 2>/dev/null || exit 0
case $PWD in
*/"$2") ;;
*) exit 0 ;;
esac
[ ! -e released ] || exit 0
# A name can be changed where there is no room for a new file.
{ true >released; } 2>/dev/null || mv -f heartbeat released || {
	echo "$PWD/released cannot be written" >&2
	exit 92
}
