# What gunicorn/reload and gunicorn/upgrade share. It needs processes.sh.
# shellcheck disable=SC2154

# find_master sets $master, the process that the pid file names.
find_master() {
	# Right after an upgrade the new master has not yet renamed its file, and for a moment there is neither.
	within 1 named >/dev/null || return 1
	within 3 running "$pidfile" >/dev/null || return 1
	master=$(running "$pidfile") || return 1
	case $(command_line "$master") in
	*gunicorn*) ;;
	*) fail "$pidfile names process $master, which is no gunicorn" ;;
	esac
	if ! kill -0 "$master" 2>/dev/null; then
		fail "gunicorn ($master) is not $(id -un)'s to signal: let it run as $(id -un), or use systemd/reload with an ExecReload"
	fi
}

named() { running "$pidfile" || running "$pidfile.2"; }

# bound prints what is wrong where gunicorn was started from within a release: what it starts would again be of that one.
bound() {
	release_=$(cd "$SLIPWAY_RELEASE_PATH" && pwd -P)
	word_=$(tr '\0' '\n' <"/proc/$master/cmdline" | grep -F -- "${release_%/*}/" | head -n 1) || true
	interpreter_=$(tr '\0' '\n' <"/proc/$master/cmdline" | head -n 1)
	case $interpreter_ in
	/* | gunicorn:*) ;;
	*/*)
		# Python makes an absolute path of it, in the release that `current` named then.
		folder_=$(tr '\0' '\n' <"/proc/$master/environ" | sed -n 's/^PWD=//p' | head -n 1)
		folder_=$(cd -P "${folder_:-$SLIPWAY_CURRENT_PATH}/${interpreter_%/*}" 2>/dev/null && pwd -P) || folder_=
		case $folder_ in
		"${release_%/*}"/*) word_=$interpreter_ ;;
		esac ;;
	esac
	if [ -n "$word_" ]; then
		echo "gunicorn was started with $word_, so it would go on with that release. Start it, once, with paths through $SLIPWAY_CURRENT_PATH, the interpreter too: $SLIPWAY_CURRENT_PATH/venv/bin/python $SLIPWAY_CURRENT_PATH/venv/bin/gunicorn ..."
	fi
}

# through_current ends the recipe where gunicorn goes on with a release.
through_current() {
	wrong_=$(bound)
	if [ -n "$wrong_" ]; then fail "$wrong_"; fi
}

# loads ends the recipe where gunicorn, started as it was, cannot load the application: nothing is changed then. Where it
# has given itself another name nobody can tell how it was started.
loads() {
	case $(command_line "$master") in
	gunicorn:*) return 0 ;;
	esac
	if ! said=$(cd "$SLIPWAY_CURRENT_PATH" && { cat "/proc/$master/environ" "/proc/$master/cmdline" && printf '%s\0' --check-config; } | xargs -0 -x env -i 2>&1); then
		printf '%s\n' "$said" | ending
		fail "gunicorn cannot load this release; it runs on as it was"
	fi
}

working() { gone "$1" || [ -n "$(children "$1")" ]; }

# steady MASTER says whether a master's workers stay the same for as long as they may take to load.
steady() {
	within "$wait" working "$1" || return 1
	workers=$(children "$1")
	[ -n "$workers" ] || return 1
	sleep "$boot"
	alive "$1" || return 1
	# gunicorn starts its workers one after the other: more of them by now is no sign of trouble, one that is gone is.
	now=$(children "$1")
	for worker in $workers; do
		printf '%s\n' "$now" | grep -qx "$worker" || return 1
	done
}

# end_masters ends gunicorn, and before it the new master beside it that an upgrade may have left.
end_masters() {
	for file_ in "$pidfile.2" "$pidfile"; do
		ours_=$(running "$file_") || continue
		case $(command_line "$ours_") in
		*gunicorn*) ;;
		*) fail "$file_ names process $ours_, which is no gunicorn" ;;
		esac
		if [ "$file_" = "$pidfile" ]; then
			end TERM "$pidfile" "$wait"
		else
			kill -TERM "$ours_" || true # what counts is whether it goes
			within "$wait" gone "$ours_" || fail "the new master $ours_ does not end within ${wait}s: kill $ours_"
		fi
	done
}

# error_log prints the end of gunicorn's log: of the file that `log` names, or that it was started with, or would be.
error_log() {
	file_=$log
	if [ -z "$file_" ]; then
		if ours_=$(running "$pidfile"); then
			words_=$(tr '\0' '\n' <"/proc/$ours_/cmdline")
		else
			words_=$(printf '%s\n' "${start:-}" | tr -s ' \t' '\n')
		fi
		file_=$(printf '%s\n' "$words_" | awk '
			wanted { print; exit }
			/^--(error-logfile|log-file)=/ { sub(/^[^=]*=/, ""); print; exit }
			/^--(error-logfile|log-file)$/ { wanted = 1 }')
	fi
	case $file_ in
	'' | -) log_of "$pidfile" ;;
	/*) last_lines "$file_" ;;
	*) last_lines "$SLIPWAY_CURRENT_PATH/$file_" ;;
	esac
}
