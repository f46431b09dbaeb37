# Restoring into a database that a recipe made. It needs postgres.sh.
# shellcheck disable=SC2154

# pg_restore_into DATABASE [OPTION...]
pg_restore_into() {
	into=$1
	shift
	into_options=$*
	stream unpack pg_load
}

# shellcheck disable=SC2086 # options without spaces
pg_load() { pg_restore -w --exit-on-error -d "$into" $into_options; }

# pg_drop NAME drops a database that a recipe made, also one that is in use. Autovacuum's processes have no user, and none but a superuser may
# end them: the server does so itself for who drops or renames a database.
pg_drop() {
	pg_sql "$maintenance" -v made="$1" <<-'SQL'
		SET client_min_messages = error;
		SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :'made' AND usesysid IS NOT NULL \g /dev/null
		DROP DATABASE IF EXISTS :"made";
	SQL
}
