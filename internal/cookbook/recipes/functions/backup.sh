# Making a backup. It needs backups.sh.
# shellcheck disable=SC2154,SC2034

pack() {
	if command -v zstd >/dev/null; then zstd -q -c; else gzip -c; fi
}

# lock_folder makes $folder, which is the deploy user's alone.
lock_folder() {
	umask 077
	if ! mkdir -p -- "$folder"; then fail "the folder of the backups cannot be made: \`folder\`"; fi
	if ! chmod 700 -- "$folder"; then fail "$folder is not $(id -un)'s: choose another \`folder\`"; fi
	folder=$(cd -- "$folder" && pwd)
}

# enough_room ends the recipe where the newest backup would not fit once more: a full disk stops more than a backup.
enough_room() {
	newest_=$(backups "$database" | tail -n 1)
	if [ -z "$newest_" ]; then return 0; fi
	wanted_=$(($(wc -c <"$folder/$newest_") * 5 / 4096))
	free_=$(df -Pk -- "$folder" | awk 'NR == 2 { print $4 }')
	if [ "$free_" -lt "$wanted_" ]; then
		fail "$free_ KiB are free in $folder, and the newest backup, $newest_, takes $(size "$folder/$newest_"): make room, or lower \`keep\`"
	fi
}

# back_up PRODUCER CHECKER makes a backup of what the first function prints, and sets $backup, its path. The second judges the file
# $packed, and sets $why where it is not whole.
back_up() {
	checker=$2
	lock_folder
	scratch
	ending=gz
	if command -v zstd >/dev/null; then ending=zst; fi
	# An earlier run of this deploy path that was killed left this file. It never gets a backup's name.
	packed=$folder/.$scratch.$database.unfinished.$kind.$ending
	rm -f -- "$folder/.$scratch.$database.unfinished.$kind".*
	enough_room
	trap 'rm -f -- "$packed" "$packed.sha256"' EXIT
	trap 'exit 143' HUP TERM

	done_=$(both "$1" store)
	case $done_ in
	*first*second* | *second*first*) ;;
	*second*) fail "the database could not be read to its end, it says why above; there is no new backup" ;;
	*) fail "the backup cannot be written ($(df -Pk -- "$folder" | awk 'NR == 2 { print $4 }') KiB are free in $folder); there is no new one" ;;
	esac
	if ! sync "$packed"; then fail "the disk did not take the backup: see the kernel's log"; fi
	why=''
	"$checker"
	if [ -n "$why" ]; then fail "what was written is not whole ($why); there is no new backup"; fi

	# Two backups have not one name, and the later one comes last.
	while
		stamp=$(date -u +%Y%m%dT%H%M%SZ)
		[ -n "$(find "$folder/" -name "$database.$stamp.*")" ]
	do
		sleep 0.2
	done
	name=$database.$stamp.$when.$SLIPWAY_RELEASE.$kind.$ending
	sum_=$(sha256sum <"$packed")
	if ! printf '%s  %s\n' "${sum_%% *}" "$name" >"$packed.sha256" || ! sync "$packed.sha256"; then
		fail "the checksum cannot be written; there is no new backup"
	fi
	# The backup itself is the last: what has its name has its checksum.
	mv -- "$packed.sha256" "$folder/$name.sha256"
	mv -- "$packed" "$folder/$name"
	sync "$folder"
	backup=$folder/$name
}

store() { pack >"$packed"; }

# copy_off has the backup $backup copied away, and sets $copied to what is to be said of it.
copy_off() {
	copied=
	if [ -z "$copy" ]; then return 0; fi
	# By a variable: the script may hold a secret, and arguments are seen by everybody on the host.
	# shellcheck disable=SC2016
	if SLIPWAY_BACKUP=$backup copy=$copy sh -eu -c 'eval "$copy"' copy "$backup"; then
		copied=', copied'
	elif [ "$copy_required" = true ]; then
		fail "\`copy\` failed; the backup is here alone: $backup"
	else
		copied=', NOT copied: see the log'
	fi
}

# forget_old removes backups that are too many or too old. The newest, which was just made and checked, stays whatever is asked.
forget_old() {
	count_=$(backups "$database" | wc -l)
	oldest_=0
	if [ "$keep_for" -gt 0 ]; then oldest_=$(date -u -d "@$(($(date +%s) - keep_for))" +%Y%m%d%H%M%S); fi
	backups "$database" | while IFS= read -r old_; do
		stamp_=${old_#"$database".}
		stamp_=${stamp_%%Z.*}
		if [ "$count_" -gt 1 ] && { { [ "$keep" -gt 0 ] && [ "$count_" -gt "$keep" ]; } || [ "${stamp_%T*}${stamp_#*T}" -lt "$oldest_" ]; }; then
			echo "removed $old_"
			rm -f -- "$folder/$old_"
			rm -f -- "$folder/$old_.sha256"
		fi
		count_=$((count_ - 1))
	done
	# A checksum whose backup was removed, or never got its name, says nothing.
	find "$folder/" -name "$database.*.$kind.*.sha256" -mmin +60 | while IFS= read -r sum_; do
		if [ ! -e "${sum_%.sha256}" ]; then rm -f -- "$sum_"; fi
	done
}
