# What celery/restart does with each `manager`. It needs processes.sh, supervisor.sh, systemd.sh, pidfile.sh and celery.sh.
# shellcheck disable=SC2034,SC2154,SC2317

# find_manager names what is restarted as the functions of the manager do.
find_manager() {
	case $manager in
	supervisor)
		program=$name
		find_programs ;;
	systemd)
		unit=$name stable=0
		find_units ;;
	*)
		for pidfile in $name; do
			case $pidfile in
			/*) ;;
			*) fail "\`name\` has '$pidfile', which is no absolute path of a pid file" ;;
			esac
		done ;;
	esac
}

# pids prints the main process of each worker that runs.
pids() {
	case $manager in
	supervisor)
		# shellcheck disable=SC2086 # a list of names
		{ ctl status $program 2>/dev/null || true; } | sed -n 's/.* pid \([0-9]*\),.*/\1/p' ;;
	systemd)
		for unit_ in $units; do
			main_=$(property MainPID "$unit_")
			if [ "${main_:-0}" -gt 0 ]; then echo "$main_"; fi
		done ;;
	*)
		for pidfile in $name; do
			find_old >&2
			if [ -n "$old" ]; then echo "$old"; fi
		done ;;
	esac
}

# end_workers has workers end that have nothing left to do. It kills none: what a task did by then would be lost, or done twice.
end_workers() {
	if [ $# -eq 0 ]; then return 0; fi
	case $manager in
	supervisor)
		# Not by a stop: supervisor kills what does not end within its stopwaitsecs, by itself 10 s.
		# shellcheck disable=SC2086
		said_=$(ctl signal TERM $program 2>&1) || true
		refused "$said_" ;;
	systemd) return 0 ;; # which ends them itself
	*) kill -TERM "$@" || fail "process $* is not $(id -un)'s to end" ;;
	esac
	if ! within "$wait" all_gone "$@"; then
		fail "after ${wait}s tasks still run in worker $(living "$@" | tr '\n' ' '): it takes no new ones, and ends with them. Raise \`wait\`, or end them"
	fi
}

# written PID says whether a worker that was started wrote its pid file, or ended.
written() { running "$pidfile" >/dev/null || gone "$1"; }

# start_workers starts what does not run by now; supervisor may have done so already.
start_workers() {
	case $manager in
	supervisor)
		# shellcheck disable=SC2086
		said_=$(ctl start $program 2>&1) || true
		refused "$said_"
		# shellcheck disable=SC2086
		await_programs "$boot" $program ;;
	systemd)
		(
			wait=$boot stable=2
			change restart
			active
		) || exit ;;
	*)
		for pidfile in $name; do
			rm -f -- "$pidfile"
			node=${pidfile##*/}
			# shellcheck disable=SC2086 # words of a command
			nohup "$python" -m celery --app "$app" worker --hostname "${node%.pid}@%h" --pidfile "$pidfile" $options \
				</dev/null >>"${pidfile%.pid}.log" 2>&1 &
			if ! within "$boot" written "$!" || ! running "$pidfile" >/dev/null; then
				last_lines "${pidfile%.pid}.log"
				fail "no worker runs that wrote $pidfile"
			fi
		done ;;
	esac
}

# of_this_release PID... ends the recipe where a worker runs elsewhere. The kernel keeps the folder that `current` named at its start.
of_this_release() {
	release_=$(cd "$SLIPWAY_RELEASE_PATH" && pwd -P)
	for worker_; do
		folder_=$(readlink "/proc/$worker_/cwd") || folder_=
		if [ -z "$folder_" ] && [ "$manager" = systemd ]; then
			# Another user's. systemd resolved the folder when it started the unit, which was now.
			for unit_ in $units; do
				if [ "$(property MainPID "$unit_")" = "$worker_" ]; then
					folder_=$(cd "$(property WorkingDirectory "$unit_")" 2>/dev/null && pwd -P) || folder_=
				fi
			done
		fi
		case $folder_/ in
		"$release_"/*) ;;
		*) fail "worker $worker_ runs in ${folder_:-a folder that $(id -un) may not see}, not in the new release: let it be started in $SLIPWAY_CURRENT_PATH" ;;
		esac
	done
}

# fail_with_log REASON ends the recipe with the end of the workers' log.
fail_with_log() {
	workers_log || true
	fail "$1"
}

workers_log() {
	case $manager in
	supervisor)
		# shellcheck disable=SC2086
		printed_all $program ;;
	systemd) journals ;;
	*)
		for pidfile in $name; do
			last_lines "${pidfile%.pid}.log"
		done ;;
	esac
}
