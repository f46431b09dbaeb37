# How long a migration waits for a lock of PostgreSQL, for programs that reach it through libpq.
# shellcheck disable=SC2154

# limit_locks sets lock_timeout for the sessions of what follows. libpq reads it; what the application sets by itself holds over it.
limit_locks() {
	if [ "$lock_timeout" -gt 0 ]; then
		PGOPTIONS="${PGOPTIONS:+$PGOPTIONS }-c lock_timeout=${lock_timeout}s"
		export PGOPTIONS
	fi
}

# explain_locks says what to do about what a program printed, where that has to do with lock_timeout.
explain_locks() {
	if grep -q 'canceling statement due to lock timeout' "$1"; then
		echo "$recipe: something else held a lock for longer than ${lock_timeout}s, and this gave up rather than have the site wait behind it: try again at a quieter time, look for long transactions in pg_stat_activity, or set \`lock_timeout\`" >&2
	elif grep -q 'unsupported startup parameter.*options' "$1"; then
		echo "$recipe: a pooler such as PgBouncer takes no options: migrate past it, straight to PostgreSQL, or set \`lock_timeout: 0s\` and the time in the database's own settings" >&2
	fi
}
