# supervisorctl on a recipe's $program, with its $conf and $wait. It needs processes.sh.
# shellcheck disable=SC2154

ctl() {
	if [ -n "$conf" ]; then
		supervisorctl -c "$conf" "$@"
	else
		supervisorctl "$@"
	fi
}

# find_programs finds the deploy user's own configuration where none was given, and ends the recipe where there is no supervisorctl, or nothing for it to do.
find_programs() {
	if ! command -v supervisorctl >/dev/null; then
		echo "$recipe: there is no supervisorctl in $PATH; install supervisor on this host" >&2
		exit 127
	fi
	# supervisorctl itself looks below the working directory, which is the release, and in /etc.
	if [ -z "$conf" ] && [ -f "$HOME/supervisord.conf" ]; then conf=$HOME/supervisord.conf; fi
	set -f # workers:* is supervisor's to expand
	# shellcheck disable=SC2086,SC2116 # a list of names, in one line
	program=$(echo $program)
	if [ -z "$program" ]; then fail "\`program\` is empty"; fi
}

# refused SAID ends the recipe where supervisorctl said that it may not, or knows no such program.
refused() {
	case $1 in
	*"ermission denied"* | *PermissionError*) fail "$(id -un) may not talk to supervisor; set chmod and chown of [unix_http_server]" ;;
	*"no such process"* | *"no such group"*) fail "supervisor does not know all of '$program'; after a new configuration run supervisorctl update" ;;
	*"no such file"* | *"refused connection"*) fail "no supervisor answers; start it, or set \`conf\`" ;;
	esac
}

# printed NAME... prints the end of what programs printed. One whose standard error goes with its standard output has no log of it.
printed() {
	for name_; do
		for channel_ in stdout stderr; do
			lines_=$(ctl tail -16384 "$name_" "$channel_" 2>&1) || continue
			case $lines_ in
			'' | *"ERROR (no log file)"*) continue ;;
			esac
			echo "--- the end of what $name_ printed ($channel_)"
			printf '%s\n' "$lines_" | ending
		done
	done
}

# printed_all NAME... prints the state of programs and the end of what they printed, those of a group by their own names.
printed_all() {
	status=$(ctl status "$@" 2>&1) || true
	printf '%s\n' "$status"
	# shellcheck disable=SC2046 # a list of names
	printed $(printf '%s\n' "$status" | awk '$2 ~ /^[A-Z]+$/ { print $1 }')
}

# stop_programs NAME... ends the recipe where a program is not stopped.
stop_programs() {
	said=$(ctl stop "$@" 2>&1) || true
	printf '%s\n' "$said"
	refused "$said"
	status=$(ctl status "$@" 2>&1) || true
	case $status in
	*RUNNING* | *STARTING* | *STOPPING* | *BACKOFF*)
		printf '%s\n' "$status"
		fail "not stopped: supervisorctl stop $program" ;;
	esac
}

# start_stopped NAME... starts programs that stopped only after they were told to start. A restart that was cut off leaves supervisor ending
# them, and until it has it starts none.
start_stopped() {
	within "$wait" none_stops "$@" || return 0
	case $status_ in
	*" STOPPED "*) ctl start "$@" 2>&1 || true ;;
	esac
}

none_stops() {
	status_=$(ctl status "$@" 2>&1) || true
	case $status_ in
	*" STOPPING "*) return 1 ;;
	esac
}

# await_programs SECONDS NAME... waits until programs run, or ends the recipe with what they printed.
await_programs() {
	left_=$1
	shift
	while :; do
		status_=$(ctl status "$@" 2>&1) || true
		down_=$(printf '%s\n' "$status_" | while read -r name_ state_ _; do
			if [ "$state_" != RUNNING ]; then printf '%s\n' "$name_"; fi
		done)
		if [ -z "$down_" ]; then break; fi
		# Only a program that still starts is waited for.
		case $status_ in
		*STARTING* | *BACKOFF*) ;;
		*) break ;;
		esac
		if [ "$left_" -eq 0 ]; then break; fi
		left_=$((left_ - 1))
		sleep 1
	done
	printf '%s\n' "$status_"
	if [ -z "$down_" ]; then return 0; fi
	# shellcheck disable=SC2086 # a list of names
	set -- $down_
	printed "$@"
	fail "not running: $*"
}
