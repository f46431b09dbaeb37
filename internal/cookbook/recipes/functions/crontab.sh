# A block in the crontab of the deploy user, between two lines that name its deploy path. It needs processes.sh.
# shellcheck disable=SC2154,SC2317

begin="# slipway begins: $SLIPWAY_DEPLOY_PATH"
end="# slipway ends: $SLIPWAY_DEPLOY_PATH"

# hold_crontab keeps other deployments of the same user from changing the crontab at the same time: a link names the process.
hold_crontab() {
	held=$HOME/.slipway-crontab
	if ! within 30 hold_it; then
		fail "process $(readlink "$held") holds $held: once it is gone, rm -f $held $held.stale"
	fi
	work=$(mktemp -d)
	trap 'rm -rf "$work"; rm -f "$held"' EXIT
}

hold_it() {
	if ln -s "$$" "$held" 2>/dev/null; then return 0; fi
	# One whose process is gone was left by a run that died. Only one of those who find it takes it away: another might take away the next
	# one's.
	if ln -s "$$" "$held.stale" 2>/dev/null; then
		if owner_=$(readlink "$held") && gone "$owner_"; then rm -f "$held"; fi
		rm -f "$held.stale"
	fi
	return 1
}

# read_crontab puts the crontab into $work/old. Only a crontab that is not there is empty: what cannot be read must not be written over.
read_crontab() {
	if crontab -l >"$work/old" 2>"$work/said"; then return 0; fi
	true >"$work/old"
	if ! grep -q -e '^no crontab for' -e 'No such file or directory' "$work/said"; then
		cat "$work/said" >&2
		fail "the crontab of $(id -un) cannot be read; it is as it was"
	fi
}

# without_block prints $work/old without the block, and fails where its two lines do not stand as they should.
without_block() {
	begin=$begin end=$end awk '
		$0 == ENVIRON["begin"] { if (inside || seen) exit bad = 1; inside = seen = 1; next }
		$0 == ENVIRON["end"] { if (!inside) exit bad = 1; inside = 0; next }
		!inside { print }
		END { exit bad || inside }' "$work/old"
}

# put_block FILE makes the lines of a file the block, or removes it where the file is empty. crontab replaces the crontab as a whole.
put_block() {
	read_crontab
	without_block >"$work/new" || fail "the lines \`$begin\` and \`$end\` do not stand once and in this order in the crontab of $(id -un): mend them with crontab -e; it is as it was"
	if [ -s "$1" ]; then
		{
			echo "$begin"
			cat "$1"
			echo "$end"
		} >>"$work/new"
	fi
	if cmp -s "$work/old" "$work/new"; then
		echo "slipway-note: the crontab has it already"
		return 0
	fi
	if ! crontab "$work/new"; then fail "crontab does not take it; it is as it was"; fi
	crontab -l >"$work/now" || true
	if [ -s "$1" ] && ! grep -qxF "$begin" "$work/now"; then
		fail "the crontab of $(id -un) does not have the block, although crontab took it"
	fi
}
