# Which backup is restored. It needs backups.sh.
# shellcheck disable=SC2154

# age FILE prints how long ago a backup was begun, by its name.
age() {
	stamp_=${1##*/}
	stamp_=${stamp_#"$of".}
	stamp_=${stamp_%%Z.*}
	day_=${stamp_%T*} time_=${stamp_#*T}
	began_=$(date -u -d "${day_%????}-$(echo "$day_" | cut -c 5-6)-${day_#??????} ${time_%????}:$(echo "$time_" | cut -c 3-4):${time_#????}" +%s 2>/dev/null) || return 0
	awk -v s="$(($(date +%s) - began_))" 'BEGIN {
		if (s >= 172800) printf "%d days old\n", s / 86400
		else if (s >= 7200) printf "%d hours old\n", s / 3600
		else printf "%d minutes old\n", s / 60
	}'
}

# choose OUTCOME sets $packed to the backup that is to be restored, the newest one of $of or $file. Where there is none it ends the
# recipe as `when_none` wants it; OUTCOME is what a note says then.
choose() {
	packed=$file
	if [ -z "$packed" ]; then
		newest_=$(backups "$of" | tail -n 1)
		if [ -z "$newest_" ] && [ "$when_none" = pass ]; then
			echo "slipway-note: no backup of $of in $folder, $1"
			exit 0
		fi
		if [ -z "$newest_" ]; then fail "there is no backup of $of in $folder"; fi
		packed=$folder/$newest_
	fi
	if [ ! -r "$packed" ]; then fail "$(id -un) cannot read a backup $packed"; fi
	case $packed in
	*.gz) ;;
	*.zst) if ! command -v zstd >/dev/null; then fail "$packed wants zstd: install it on this host"; fi ;;
	*) fail "$packed is none of the cookbook's backups: these end in .zst or .gz" ;;
	esac
}

# sound CHECKER ends the recipe where the backup $packed is not what was written once.
sound() {
	why=''
	if [ -f "$packed.sha256" ]; then
		sum_=$(sha256sum <"$packed")
		read -r noted_ _ <"$packed.sha256" || true
		if [ "${sum_%% *}" != "$noted_" ]; then fail "$packed is not what its checksum says: restore another one, by \`file\`"; fi
	else
		echo "$packed has no checksum beside it"
	fi
	"$1"
	if [ -n "$why" ]; then fail "$packed is not whole ($why): restore another one, by \`file\`"; fi
}
