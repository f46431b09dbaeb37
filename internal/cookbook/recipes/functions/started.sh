# Waiting for processes that something else starts: supervisor, systemd, runit. It needs processes.sh, and a recipe's $wait and $boot.
# shellcheck disable=SC2154,SC2317

# await_started FIND... sets $new_ to what a function prints that finds the processes which run in the place of others. Where a release is
# gone back from, the first that are started may still be of that one, and end by themselves: those that follow are waited for, too.
# It returns 1 where none are found within $wait seconds, and 2 where none live for $boot.
await_started() {
	for _ in 1 2 3; do
		within "$wait" find_new "$@" || return 1
		if stays "$@"; then return 0; fi
	done
	return 2
}

find_new() { new_=$("$@"); }

# stays FIND... says whether the processes $new_ live for $boot seconds.
stays() {
	sleep "$boot"
	[ "$("$@" || true)" = "$new_" ]
}
