# Writes down a try of a step that the runner carries out, and not this host: that it begins, or how it ended. The functions of
# process.sh stand before it.
#
# $1      the deploy path
# $2      the folder of the try, below the deploy path
# $3      begin; or the status: exit 0, exit 1
# $4      what the journal keeps of it beside its log: fingerprint and attempt
# $5      its log
#
# Ends 90 when another try of that number was begun before, 92 when the host cannot write.
LC_ALL=C
export LC_ALL
set -u
folder=$2 outcome=$3 meta=$4 log=$5

refuse() {
	code=$1
	shift
	printf '%s\n' "$*" >&2
	exit "$code"
}

cd "$1/" || refuse 92 "$1 is not there"
umask 077
command -v fence >/dev/null || fence() { :; }
fence :

# What is written at the end has its blocks on the disk from the beginning, so that a full disk swallows no status. The file meta
# comes last: without it, nothing was sent.
begin() {
	true >"$folder/log" && printf '%-31s\n' '' >"$folder/status" && true >"$folder/begun" &&
		printf '%s\n' "$meta" >"$folder/meta"
}

case $outcome in
begin)
	mkdir -p "${folder%/*}" || refuse 92 "${folder%/*} cannot be made"
	if ! mkdir "$folder" 2>/dev/null; then
		# The same command, whose answer was lost on the way.
		said=
		[ ! -e "$folder/meta" ] || read -r said <"$folder/meta"
		[ "$said" != "$meta" ] || ended "$folder" || exit 0
		refuse 90 "it was begun before: see $PWD/$folder"
	fi
	if ! begin; then
		rm -rf "$folder"
		refuse 92 "$PWD/$folder cannot be written to"
	fi
	sync "$folder"/* "$folder" "${folder%/*}" 2>/dev/null || sync
	;;
*)
	! ended "$folder" || exit 0
	printf '%s\n' "$log" >"$folder/log" || true >"$folder/lossy"
	if ! printf '%-31s\n' "$outcome" 1<>"$folder/status"; then
		refuse 92 "$PWD/$folder cannot be written to"
	fi
	sync "$folder/log" "$folder/status" "$folder" 2>/dev/null || sync
	;;
esac
