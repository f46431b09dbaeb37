# Takes the generation after the highest one.
#
# $1      the deploy path
# $2      an ID for the host, if it has none yet
# $3      the highest generation that the caller knows of
# $4      owner.json
# $5      the first heartbeat
# $6      "inherit" when the highest generation is this very deployment's, else ''
# $7      the umask of the deploy path, where it is made
#
# Standard output is the host's ID. Ends 90 when another owner was faster, 92 when the host cannot write.
#
# mkdir alone decides who takes it. Where this script is killed after mkdir, the generation has no owner.json or no heartbeats,
# and becomes stale like any other. The highest generation is never removed, so no number is used twice. A generation that is
# made late, when others were taken and removed meanwhile, is below the highest and owns nothing: a second look finds that.
LC_ALL=C
export LC_ALL
set -u
root=$1 id=$2 seen=$3 owner=$4 beat=$5 inherit=$6 lock_highest=0

refuse() {
	status=$1
	shift
	printf '%s\n' "$*" >&2
	exit "$status"
}

umask "$7"
[ -d "$root" ] || mkdir -p "$root" || refuse 92 "$root cannot be made"
cd "$root/" || refuse 92 "$root cannot be entered"
umask 077
if [ ! -d .slipway/lock ] && { ! mkdir -p .slipway/lock || ! chmod 700 .slipway; }; then
	refuse 92 "$PWD/.slipway/lock cannot be made"
fi

# Two that find no ID at the same time must agree on one: a hard link can be made only once.
if [ ! -e .slipway/id ]; then
	if printf '%s\n' "$id" >".slipway/id.$id"; then
		ln ".slipway/id.$id" .slipway/id 2>/dev/null
	fi
	rm -f ".slipway/id.$id"
	[ -e .slipway/id ] || refuse 92 "$PWD/.slipway/id cannot be written"
fi
{ [ -f .slipway/id ] && { read -r id <.slipway/id || [ -n "$id" ]; }; } || refuse 92 "$PWD/.slipway/id cannot be read"
printf '%s\n' "$id"

lock_highest .slipway/lock
[ "$lock_highest" = "$seen" ] || refuse 90 "generation $lock_highest was taken meanwhile"
mine=$((seen + 1))
# Where the disk is full, the reserve that reserve.sh keeps gives room for a lock and a journal, so that old releases can be deleted.
if ! mkdir ".slipway/lock/$mine" 2>/dev/null && { [ -d ".slipway/lock/$mine" ] || ! rm -f .slipway/reserve || ! mkdir ".slipway/lock/$mine" 2>/dev/null; }; then
	[ ! -d ".slipway/lock/$mine" ] || refuse 90 "generation $mine was taken meanwhile"
	refuse 92 "$PWD/.slipway/lock/$mine cannot be made"
fi

folder=.slipway/lock/$mine
own() {
	printf '%-31s\n' "$beat" >"$folder/heartbeat" && printf '%s\n' "$owner" >"$folder/owner.json"
}
written=yes
own 2>/dev/null || { rm -f .slipway/reserve && own; } || written=

lock_highest .slipway/lock
if [ "$lock_highest" != "$mine" ]; then
	rm -rf ".slipway/lock/$mine"
	refuse 90 "generation $lock_highest was taken meanwhile"
fi
if [ -z "$written" ]; then
	# A name can be changed where there is no room for a new file.
	mv -f ".slipway/lock/$mine/heartbeat" ".slipway/lock/$mine/released" 2>/dev/null || true >".slipway/lock/$mine/released"
	refuse 92 "$PWD/.slipway/lock/$mine cannot be written to"
fi

# Whose a generation is: the deployment as owner.json has it.
whose() {
	whose=${1#*'"deployment":"'}
	whose=${whose%%'"'*}
}
whose "$owner"
ours=$whose

# A step of this deployment that still runs beats in the generation that it was started under: a link brings its signs of life
# here, and links of earlier attempts lead to that one. What other owners left stays until there is some of it: a program for each
# deployment is one too many.
set --
for folder in .slipway/lock/*; do
	number=${folder##*/}
	case $number in
	'' | *[!0-9]*) continue ;;
	esac
	[ "$number" -lt "$mine" ] || continue
	if [ -z "$inherit" ]; then
		set -- "$@" "$folder"
	elif [ ! -L "$folder" ] && read -r line 2>/dev/null <"$folder/owner.json" && whose "$line" && [ "$whose" = "$ours" ]; then
		rm -rf "$folder"
		ln -s "$mine" "$folder"
	fi
done
[ "$#" -lt 8 ] || rm -rf "$@"
exit 0
