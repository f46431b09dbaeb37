# What postgres/restore does with a backup that was checked. It needs postgres.sh.
# shellcheck disable=SC2154

# in_use is whether the database holds what a restore would replace.
in_use() {
	pg_sql "$database" <<-'SQL'
		SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_toast%'
		AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
	SQL
}

# restore_in_place restores $packed as another database, and gives that the name.
restore_in_place() {
	new=${scratch}_new old=${scratch}_old
	exists=$(pg_sql "$maintenance" <<-'SQL'
		SELECT count(*) FROM pg_database WHERE datname = :'database'
	SQL
	) || fail "the server cannot be reached by way of the database $maintenance: set \`maintenance\`"
	properties='' made="CREATE DATABASE \"$new\" TEMPLATE template0;"
	if [ "$exists" = 1 ]; then
		if [ "$(in_use)" != 0 ] && [ "$replace" != true ]; then
			fail "$database is not empty, and would be lost; where that is meant, set \`replace: true\`"
		fi
		# As pg_dump would make the database again: encoding, locale and owner, rights and settings.
		properties=$(pg_dump -w --create --schema-only --exclude-schema='*' -d "$database") || fail "$database cannot be read"
		made=$(printf '%s\n' "$properties" | sed -n "s/^CREATE DATABASE [^ ]* /CREATE DATABASE \"$new\" /p")
		properties=$(printf '%s\n' "$properties" | grep -E '^(ALTER|GRANT|REVOKE).* DATABASE ' || true)
	fi
	# What an earlier run left. The old database is there only where the new one took its place.
	pg_drop "$new"
	pg_drop "$old"
	trap 'pg_drop "$new" || true' EXIT
	trap 'exit 143' HUP TERM
	if ! printf '%s\n' "$made" | pg_sql "$maintenance"; then fail "no database can be made, it says why above; as a superuser: ALTER ROLE ... CREATEDB"; fi
	set --
	if [ "$owners" = false ]; then set -- --no-owner --no-privileges; fi
	if ! pg_restore_into "$new" "$@"; then
		fail "the backup cannot be restored, it says why above; $database is as it was. Where roles or rights are missing, set \`owners: false\`"
	fi
	echo 'SET client_min_messages = error; ANALYZE' | pg_sql "$new"

	tries=0
	until swap; do
		tries=$((tries + 1))
		if [ "$tries" -ge 10 ]; then fail "$database cannot be renamed, it says why above; it is as it was"; fi
		sleep 0.5
	done
	pg_drop "$old" || echo "the old data are still there: DROP DATABASE \"$old\""
}

# swap puts the new database in the place of the old one, at once. It fails where somebody connected in between.
swap() {
	{
		if [ "$exists" = 1 ]; then
			# shellcheck disable=SC2016 # psql's own
			echo "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :'database' AND usesysid IS NOT NULL \\g /dev/null"
		fi
		echo 'BEGIN;'
		if [ "$exists" = 1 ]; then echo "ALTER DATABASE :\"database\" RENAME TO \"$old\";"; fi
		printf '%s\n' "ALTER DATABASE \"$new\" RENAME TO :\"database\";" "$properties" 'COMMIT;'
	} | pg_sql "$maintenance"
}
