# What the recipes of celery/ share. They talk to the workers through the broker, as `celery inspect` and `celery control` do, with the
# application's own settings. They need processes.sh and tell_workers.py.
# shellcheck disable=SC2154,SC2317

# find_celery goes to where the application is imported from, in the release that is live, since that started the workers; where none
# is yet, in this one. It sets $python.
find_celery() {
	root_=$(pwd -P)
	if live_=$(cd -P "$SLIPWAY_CURRENT_PATH" 2>/dev/null && pwd -P) && [ -d "$live_/$directory" ]; then root_=$live_; fi
	case $python in
	'')
		python=python3
		if [ -x "$root_/venv/bin/python" ]; then python=$root_/venv/bin/python; fi ;;
	/*) ;;
	*/*) python=$root_/$python ;;
	esac
	if ! command -v "$python" >/dev/null; then
		echo "$recipe: there is no $python; set \`python\`" >&2
		exit 127
	fi
	cd "$root_/$directory" || fail "there is no folder $directory in $root_; set \`directory\`"
}

# control VERB [PROCESS...] asks or tells the workers something.
control() {
	control_=$1
	shift
	tell_workers_py | recipe=$recipe app=$app verb=$control_ nodes=${nodes:-} timeout=${timeout:-3} wait=$wait at_least=${at_least:-0} \
		state=$SLIPWAY_SHARED_PATH/celery-quiet.json "$python" - "$@"
}
