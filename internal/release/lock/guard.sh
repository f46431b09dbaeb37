# Stands before the script of a command that changes something, and ends it before it begins where the lock is no longer
# its sender's.
#
# $1      the deploy path
# $2      the generation that must own
# $3...   the arguments of the script, which finds them as $1...
lock_folder=$1/.slipway/lock lock_generation=$2 lock_highest=0
shift 2

# Ends the script with status 79 when the lock is lost, after running the command that it is given ("fence :" for none).
# Standard error then ends with what lock_state says of the highest one. Long
# scripts call it again right before what cannot be taken back.
fence() {
	lock_highest "$lock_folder"
	if [ "$lock_highest" = "$lock_generation" ] && [ ! -e "$lock_folder/$lock_generation/released" ]; then
		return 0
	fi
	"$@" || :
	lock_state=held lock_owner=''
	[ ! -e "$lock_folder/$lock_highest/released" ] || lock_state=released
	[ ! -f "$lock_folder/$lock_highest/owner.json" ] || { read -r lock_owner <"$lock_folder/$lock_highest/owner.json"; } 2>/dev/null || :
	printf '%s %s -\n%s\n' "$lock_highest" "$lock_state" "$lock_owner" >&2
	exit 79
}

# Gives a sign of life for the sender, as beat.sh does. It is for long scripts, whose connection may have no other session for
# heartbeats. A script that waits for the runner gives one only for what came from the runner.
#
# $1      a word for the part of the script: two heartbeats in a row are never equal
lock_signs=0
lock_beat() {
	lock_signs=$((lock_signs + 1))
	[ ! -e "$lock_folder/$lock_generation/heartbeat" ] ||
		printf '%-31s\n' "$1 $$.$lock_signs" 1<>"$lock_folder/$lock_generation/heartbeat"
}
fence :
