# Functions that give out a step's log while it grows. They stand before other scripts. The open part is on descriptor 3,
# whose offset is where the copy goes on; `at` is the byte of the log with which that part begins, and `untouched` is not empty
# where nothing was copied yet.

# Puts the beginning of the first part after a byte into next, '' when there is none.
#
# $1      the folder of the try
# $2      the byte
part_after() {
	next=
	for part in "$1"/log.*; do
		part=${part##*.}
		case $part in
		*[!0-9]*) ;;
		*) if [ "$part" -gt "$2" ] && { [ -z "$next" ] || [ "$part" -lt "$next" ]; }; then next=$part; fi ;;
		esac
	done
}

# Opens the log at a byte. Where that byte is no longer kept, the copy goes on with the first one after it that is.
#
# $1      the folder of the try
# $2      the byte
open_log() {
	while :; do
		at=0 next=0
		while [ -n "$next" ] && [ "$next" -le "$2" ]; do
			at=$next
			part_after "$1" "$at"
		done
		part=$1/log
		[ "$at" = 0 ] || part=$part.$at
		{ command exec 3<"$part"; } 2>/dev/null && break
		[ ! -e "$part" ] || return 1 # else it went this moment
		[ "$at" != 0 ] || return 1
	done
	untouched=
	[ "$2" != 0 ] || untouched=yes
	[ "$2" = "$at" ] || dd bs=1 skip=$(($2 - at)) count=0 <&3 >/dev/null 2>&1 || :
}

# Copies what there is, over as many parts as there are, and puts whether a part was done with into poured. The beginning
# of a part is told by a line "<token> at <byte>": parts in between may be gone when the reader is slower than the step.
#
# $1      the folder of the try
# $2      the token
pour() {
	poured='' untouched=
	while part_after "$1" "$at" && [ -n "$next" ]; do
		# There is a part after it, so the open one is complete.
		cat <&3 || return
		if { command exec 3<"$1/log.$next"; } 2>/dev/null; then
			at=$next poured=yes
			printf '%s at %s\n' "$2" "$at" || return
		elif [ -e "$1/log.$next" ]; then
			return 1
		fi
	done
	cat <&3
}

# Copies a log of which nothing was copied yet, without a program, where it is known to be whole and short. It fails where it is not, or
# where the shell cannot hold what is in it, a NUL: then nothing was copied.
#
# $1      the folder of the try
short() {
	[ -n "$untouched" ] && [ -f "$1/length" ] && read -r length <"$1/length" || return
	text=
	while IFS= read -r line; do
		text=$text$line$newline
	done <&3
	text=$text$line
	if [ "${#text}" != "$length" ]; then
		{ command exec 3<"$1/log"; } 2>/dev/null
		return 1
	fi
	printf %s "$text"
}
newline='
'

# Gives out the log from where it is open, until the step's end, and then "<token> <status>".
#
# $1      the folder of the try
# $2      the token
#
# Standard input says when to look: lines. It ends when there is nobody left who could write a status. It fails where the log cannot be
# given out any more.
follow() {
	brisk=0 event='' poured=''
	while :; do
		[ "$brisk" -gt 0 ] || read -r event || event=end
		if ! ended "$1" && [ "$event" = end ]; then
			status=unknown
			[ ! -L "$1/begun" ] || status=dropped
		fi
		# Of a log that is empty yet there is nothing to copy.
		[ ! -s "$1/log" ] || { [ -n "$status" ] && short "$1"; } || pour "$1" "$2" || return
		if [ -n "$status" ]; then
			[ ! -e "$1/lossy" ] || printf '%s lossy\n' "$2"
			printf '%s %.64s\n' "$2" "$status"
			return
		fi
		# There is much output: look again at once, or parts would be gone before they are read. Now and then standard input is read
		# all the same.
		if [ "$brisk" = 0 ] && [ -n "$poured" ]; then
			brisk=50
		fi
		if [ "$brisk" -gt 0 ]; then
			brisk=$((brisk - 1))
			[ -n "$poured" ] || sleep 0.02 2>/dev/null || sleep 1
		fi
	done
}
