# Finds the Sidekiqs of a deploy path by how they name themselves: "sidekiq 6.4.1 site [2 of 10 busy]", and " stopping" behind it
# when they take no new jobs. It needs processes.sh and started.sh.
# shellcheck disable=SC2154,SC2317

# sidekiqs prints the processes of this user's that work below the deploy path.
sidekiqs() {
	root_=$(cd "$SLIPWAY_DEPLOY_PATH" && pwd -P)
	for entry_ in /proc/[0-9]*; do
		case $(command_line "${entry_#/proc/}") in
		"sidekiq "*" busy]"*) ;;
		*) continue ;;
		esac
		folder_=$(readlink "$entry_/cwd") || continue
		case $folder_/ in
		"$root_"/*) echo "${entry_#/proc/}" ;;
		esac
	done
}

# all_say WORDS PID... says whether each process has these words in its name, or is gone.
all_say() {
	words_=$1
	shift
	for sidekiq_; do
		case $(command_line "$sidekiq_") in
		*"$words_"*) ;;
		*) if alive "$sidekiq_"; then return 1; fi ;;
		esac
	done
}

# as_many prints the Sidekiqs where they are as many as there were.
as_many() {
	found_=$(sidekiqs)
	[ -n "$found_" ] && [ "$(printf '%s\n' "$found_" | grep -c .)" -ge "$number_" ] && printf '%s\n' "$found_"
}

# replace_sidekiqs ends the Sidekiqs, which hand their unfinished jobs back, and waits for what watches over them to start as many. Where a
# release is gone back from that ends while it loads, none runs just now.
replace_sidekiqs() {
	old_=$(sidekiqs)
	number_=$(printf '%s\n' "$old_" | grep -c .) || true
	if [ -n "$old_" ]; then
		# shellcheck disable=SC2086 # lists of processes
		kill -TERM $old_ || true # one may end just now; what counts is said next
		# shellcheck disable=SC2086
		within "$wait" all_gone $old_ || fail "after ${wait}s Sidekiq still runs: raise \`wait\` above its own timeout (-t)"
	fi
	await_started as_many && status_=0 || status_=$?
	case $status_$old_ in
	0*) ;;
	2*) fail "the new Sidekiq does not run on for ${boot}s: see its log" ;;
	1) fail "no Sidekiq of $(id -un) runs in $SLIPWAY_DEPLOY_PATH, also after ${wait}s: start it, with its folder below $SLIPWAY_CURRENT_PATH" ;;
	*) fail "Sidekiq ended, and after ${wait}s $(sidekiqs | grep -c .) of $number_ run: does something start it again (Restart=always, autorestart=true)?" ;;
	esac
}
