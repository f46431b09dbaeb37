# What pidfile/restart runs and its stop share. It needs processes.sh.
# shellcheck disable=SC2154

# find_old sets $old, the process that the pid file names, or nothing.
find_old() {
	# A pid file that outlived its process may name another one by now: one that began after the file was written.
	old=$(running "$pidfile" || true)
	if [ -n "$old" ]; then
		booted=$(sed -n 's/^btime //p' /proc/stat)
		read -r stat <"/proc/$old/stat" || stat=") 0"
		ticks=$(echo "${stat##*) }" | cut -d ' ' -f 20)
		if [ "$((booted + ticks / 100))" -gt "$(($(stat -c %Y "$pidfile") + 5))" ]; then
			echo "$pidfile names process $old, which is not what wrote it: it is left alone"
			old=
		fi
	fi
}

# end_old ends the process that the pid file names, by force where it takes too long.
end_old() {
	find_old
	if [ -n "$old" ]; then
		kill -TERM "$old" || fail "process $old is not $(id -un)'s to end"
		if ! within "$wait" gone "$old"; then
			echo "slipway-note: killed, it did not end within ${wait}s"
			kill -KILL "$old"
			within 10 gone "$old" || fail "process $old does not end, not even killed"
		fi
	fi
}
