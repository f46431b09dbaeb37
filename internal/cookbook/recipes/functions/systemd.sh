# systemctl on a recipe's $unit, with $user, $sudo, $wait and $stable. It needs processes.sh.
# shellcheck disable=SC2154,SC2317

# find_units sets $units, and whether they are the user's ($scope) or the system's ($sudo).
find_units() {
	if ! command -v systemctl >/dev/null; then fail "there is no systemctl on this host"; fi
	units=
	for unit_ in $unit; do
		case $unit_ in
		-* | *[!A-Za-z0-9@._:-]*) fail "'$unit_' is no unit's name" ;;
		*.*) units="$units $unit_" ;;
		*) units="$units $unit_.service" ;;
		esac
	done
	if [ -z "$units" ]; then fail "\`unit\` is empty"; fi
	scope=
	case $user in
	true)
		sudo=
		scope=--user
		own_manager ;;
	*) if [ "$(id -u)" -eq 0 ]; then sudo=; fi ;;
	esac
	for unit_ in $units; do
		state_=$(property LoadState "$unit_") || fail "systemd does not answer: it says why above"
		case $state_ in
		loaded) ;;
		masked) fail "$unit_ is masked: systemctl unmask $unit_" ;;
		*) fail "there is no $unit_ ($state_); after a new unit file run systemctl daemon-reload" ;;
		esac
		if [ "$(property NeedDaemonReload "$unit_")" = yes ]; then
			echo "slipway-note: $unit_ is another on disk, run systemctl daemon-reload"
		fi
	done
}

# own_manager ends the recipe where no service manager of the user's runs.
own_manager() {
	# A log-in over SSH may have no session of its own, and then not this variable either.
	export XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"
	if [ ! -e "$XDG_RUNTIME_DIR/systemd/private" ]; then
		fail "no service manager of $(id -un) runs; once, as root: loginctl enable-linger $(id -un)"
	fi
}

# property NAME UNIT prints a property. Looking needs no rights.
property() {
	# shellcheck disable=SC2086 # no scope is no argument
	said_=$(systemctl $scope show --property "$1" "$2") || return 1
	echo "${said_#*=}"
}

# change VERB has systemd do something to the units. Root is asked nothing: the words are the ones that people write in sudoers.
change() {
	option_=$scope
	if [ -z "$sudo" ]; then option_="$scope --no-ask-password"; fi
	# shellcheck disable=SC2086 # commands and lists of names
	if $sudo systemctl $option_ "$1" $units; then return 0; fi
	why_="\`${sudo:+$sudo }systemctl ${scope:+$scope }$1$units\` failed. Where it is not allowed, allow exactly that in sudoers, or set \`sudo\`"
	case $sudo in
	sudo*) why_="$why_; as root: (umask 337; echo '$(id -un) ALL=(root) NOPASSWD: $(command -v systemctl) $1$units' >/etc/sudoers.d/$(id -un)-$1) && visudo -c" ;;
	esac
	tell "$why_"
}

# any STATE... says whether a unit is in one of these states.
any() {
	for unit_ in $units; do
		now_=$(property ActiveState "$unit_")
		for state_; do
			if [ "$now_" = "$state_" ]; then return 0; fi
		done
	done
	return 1
}

# as_root VERB... prints the commands that take rights of root.
as_root() {
	if [ -z "$sudo" ]; then return 0; fi
	for verb_; do
		echo "$sudo systemctl $verb_$units"
	done
}

settled() { ! any activating deactivating reloading; }

# active ends the recipe where the units are not active, or do not stay so as the same processes.
active() {
	within "$wait" settled || tell "not active after ${wait}s"
	if any inactive failed; then tell "not active"; fi
	was_=$(processes)
	sleep "$stable"
	if [ "$(processes)" != "$was_" ]; then tell "active, but not for ${stable}s"; fi
}

# processes prints each unit's state and main process.
processes() {
	for unit_ in $units; do
		echo "$unit_ $(property ActiveState "$unit_") $(property MainPID "$unit_")"
	done
}

# tell REASON ends the recipe, with what the units last said.
tell() {
	for unit_ in $units; do
		echo "--- $unit_"
		# shellcheck disable=SC2086
		systemctl $scope status --no-pager --lines 0 "$unit_" 2>&1 || true
		journal "$unit_"
	done
	fail "${units# }: $1"
}

# journal UNIT prints the last lines of a unit's journal.
journal() {
	# shellcheck disable=SC2086
	lines_=$(journalctl $scope --no-pager --quiet --lines 60 --output cat --unit "$1" 2>&1 | ending) || true
	echo "${lines_:-nothing in the journal of $1 that $(id -un) may read; once, as root: usermod -aG systemd-journal $(id -un)}"
}

# journals prints the last lines of each unit's journal.
journals() {
	for unit_ in $units; do
		echo "--- the journal of $unit_"
		journal "$unit_"
	done
}

# stop_units ends the recipe where a unit is not stopped, and says what may start it again.
stop_units() {
	change stop
	within "$wait" settled || tell "not stopped after ${wait}s"
	if any active; then tell "still active"; fi
	for unit_ in $units; do
		# A socket or a timer starts its unit again.
		starts_=$(property TriggeredBy "$unit_") || starts_=
		if [ -n "$starts_" ]; then echo "slipway-note: stopped, and $starts_ may start $unit_ again"; fi
	done
}
