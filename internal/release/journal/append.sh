# Adds a line to the history, whole or not at all: a copy with the line replaces it.
#
# $1      the deploy path
# $2      the line
# $3      a name that nothing else uses
LC_ALL=C
export LC_ALL
set -eu
umask 077
line=$2 new=history.jsonl.$3
cd "$1/.slipway"
trap '[ ! -e "$new" ] || rm -f "$new"' EXIT
if [ -e history.jsonl ]; then
	cp history.jsonl "$new"
fi
printf '%s\n' "$line" >>"$new"
mv -f "$new" history.jsonl
trap - EXIT
