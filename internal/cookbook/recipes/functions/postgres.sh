# PostgreSQL, for the recipes that back it up, restore it, and rehearse on it. It needs database.sh and backups.sh.
# shellcheck disable=SC2154,SC2034,SC2317

# pg_connect has the clients connect as $url says, else as libpq's own variables and files do, and sets $database where it is not
# given.
pg_connect() {
	export PGCONNECT_TIMEOUT="${PGCONNECT_TIMEOUT:-10}"
	if [ -n "$url" ]; then
		split_url
		case $scheme in
		postgres | postgresql | postgis | pgsql | psql) ;;
		*) fail "$variable is the URL of $scheme, not of PostgreSQL" ;;
		esac
		unset PGSERVICE PGHOST PGHOSTADDR PGPORT PGUSER PGDATABASE
		if [ -z "$host" ]; then host=$(option host); fi
		if [ -n "$host" ]; then export PGHOST="$host"; fi
		if [ -n "$port" ]; then export PGPORT="$port"; fi
		if [ -n "$user" ]; then export PGUSER="$user"; fi
		if [ -n "$password" ]; then export PGPASSWORD="$password"; fi
		if [ -n "$name" ]; then export PGDATABASE="$name"; fi
		for option_ in sslmode sslrootcert sslcert sslkey; do
			value_=$(option "$option_")
			if [ -n "$value_" ]; then export "PG$(echo "$option_" | tr '[:lower:]' '[:upper:]')=$value_"; fi
		done
	fi
	if [ -z "$database" ]; then
		database=$(psql -X -w -q -A -t -c 'SELECT current_database()') ||
			fail "PostgreSQL cannot be reached, it says why above: set $variable, \`env_file\`, PGSERVICE or PGHOST"
	fi
	known "$database"
}

# pg_sql DATABASE runs what it reads, up to the first error. SQL sees :"database", :"scratch" and :"owner" as names, and with ' as texts.
pg_sql() {
	into_=$1
	shift
	psql -X -w -q -A -t -v ON_ERROR_STOP=1 -v database="$database" -v scratch="$scratch" -d "$into_" "$@"
}

# pg_check reads the file $packed to its end, as restoring it would. It sets $entries, or $why it is not whole.
pg_check() {
	if ! stream unpack pg_read; then
		why='it ends early, or is no archive of pg_dump'
		return 0
	fi
	# pg_restore reads no more than the beginning for this. The list of an empty database, as before a first deployment, has a heading alone.
	# shellcheck disable=SC2034
	entries="$({ unpack 2>/dev/null || true; } | pg_restore --list | awk '/^[0-9]/ { n++ } END { if (!NR) exit 1; print n + 0 }') objects" || why='its list cannot be read'
}

pg_read() { pg_restore --file=/dev/null; }
