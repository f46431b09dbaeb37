# What mysql/restore does with a backup that was checked. It needs mysql.sh.
# shellcheck disable=SC2154

# tables_of DATABASE prints the names of its tables.
tables_of() {
	my_sql <<-SQL
		SELECT table_name FROM information_schema.tables WHERE table_schema = '$1' AND table_type NOT LIKE '%VIEW' ORDER BY table_name;
	SQL
}

# others_of DATABASE prints what no rename takes from one database to another.
others_of() {
	my_sql <<-SQL
		SELECT CONCAT('view ', table_name) FROM information_schema.views WHERE table_schema = '$1'
		UNION ALL SELECT CONCAT('trigger ', trigger_name) FROM information_schema.triggers WHERE trigger_schema = '$1'
		UNION ALL SELECT CONCAT(LOWER(routine_type), ' ', routine_name) FROM information_schema.routines WHERE routine_schema = '$1'
		UNION ALL SELECT CONCAT('event ', event_name) FROM information_schema.events WHERE event_schema = '$1';
	SQL
}

# only_tables DATABASE ends the recipe where it holds what no rename moves.
only_tables() {
	others_=$(others_of "$1")
	if [ -n "$others_" ]; then
		fail "$2 has $(printf '%s\n' "$others_" | head -n 3 | paste -s -d , -): only tables can be put in the place of others at once; $database is as it was"
	fi
}

# restore_in_place restores $packed into a database of its own, and puts its tables in the place of the old ones.
restore_in_place() {
	new=${scratch}_new old=${scratch}_old mark=slipway_replaced
	if ! before=$(tables_of "$database"); then fail "$database cannot be read"; fi
	if [ -n "$before" ] && [ "$replace" != true ]; then
		fail "$database is not empty, and would be lost; where that is meant, set \`replace: true\`"
	fi
	only_tables "$database" "$database"
	# What an earlier run left. Its last rename brought the mark: without it some of the tables may be here alone.
	left=$(tables_of "$old")
	if [ -n "$left" ] && ! printf '%s\n' "$left" | grep -qx "$mark"; then
		fail "the database $old has tables of $database, from a restore that was cut off while the server stopped: bring them back by RENAME TABLE, and drop it"
	fi
	if ! my_drop "$old" || ! my_drop "$new"; then may_not; fi
	trap 'sweep_up || true' EXIT
	trap 'exit 143' HUP TERM
	if ! my_create "$new" || ! my_create "$old"; then may_not; fi
	if ! my_restore_into "$new"; then fail "the backup cannot be restored, it says why above; $database is as it was"; fi
	only_tables "$new" "${packed##*/}"
	after=$(tables_of "$new")
	if ! {
		echo 'SET lock_wait_timeout = 60, foreign_key_checks = 0;'
		echo "CREATE TABLE \`$new\`.\`$mark\` (id INT); CREATE DATABASE IF NOT EXISTS \`$database\`;"
		{
			moves "$before" "$database" "$old"
			moves "$after" "$new" "$database"
			moves "$mark" "$new" "$old"
		} | sed '1 s/^/RENAME TABLE /; $ !s/$/,/; $ s/$/;/'
	} | my_sql; then
		fail "the tables cannot be put in place, it says why above; $database is as it was"
	fi
	my_drop "$old" || echo "the old tables are still there: DROP DATABASE $old"
}

# sweep_up removes what the recipe made, and no table of the database.
sweep_up() {
	my_drop "$new"
	if [ -z "$(tables_of "$old")" ]; then my_drop "$old"; fi
}

# moves TABLES FROM TO prints how each table is renamed from one database to another.
moves() {
	if [ -n "$1" ]; then
		printf '%s\n' "$1" | sed "s/\`/\`\`/g; s/.*/\`$2\`.\`&\` TO \`$3\`.\`&\`/"
	fi
}
