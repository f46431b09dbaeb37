# Functions that look at a lock. They run no program, and their names and variables begin with lock_: they stand before
# other scripts.

# Puts the highest generation of a lock into lock_highest, 0 when it was never taken.
#
# $1      the lock's folder
lock_highest() {
	lock_highest=0
	for lock_entry in "$1"/*; do
		lock_entry=${lock_entry##*/}
		case $lock_entry in
		'' | *[!0-9]*) ;;
		*) [ "$lock_entry" -le "$lock_highest" ] || lock_highest=$lock_entry ;;
		esac
	done
}

# Prints what there is to know of the lock of the deploy path that is the working directory, nothing when it was never
# taken: a line "<generation> <held or released> <heartbeat>", and a line with owner.json, or an empty one where its
# owner died before writing it.
lock_state() {
	lock_highest .slipway/lock
	[ "$lock_highest" -gt 0 ] || return 0
	lock_state=held lock_beat='' lock_owner=''
	[ ! -e ".slipway/lock/$lock_highest/released" ] || lock_state=released
	# Reading would wait if one of them were a pipe.
	[ ! -f ".slipway/lock/$lock_highest/heartbeat" ] || { read -r lock_beat <".slipway/lock/$lock_highest/heartbeat"; } 2>/dev/null || :
	[ ! -f ".slipway/lock/$lock_highest/owner.json" ] || { read -r lock_owner <".slipway/lock/$lock_highest/owner.json"; } 2>/dev/null || :
	printf '%s %s %s\n%s\n' "$lock_highest" "$lock_state" "$lock_beat" "$lock_owner"
}
