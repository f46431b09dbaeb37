# What database/rehearse does. It needs django.sh, and postgres.sh and mysql.sh, of which it uses one.
# shellcheck disable=SC2154,SC2034

# find_engine connects to the server, and sets $engine, $of and $kind.
find_engine() {
	case $engine$url in
	postgres* | postgis* | pgsql* | psql*) engine=pg ;;
	mysql* | mariadb*) engine=my ;;
	'') fail "there is no $variable: set it, \`env_file\` or \`engine\`" ;;
	*) fail "$variable is of neither PostgreSQL nor MySQL" ;;
	esac
	case $name_variable in
	[0-9]* | *[!A-Za-z0-9_]*) fail "\`name_variable\` must name a variable, as DB_NAME, not '$name_variable'" ;;
	esac
	# PostgreSQL's programs have PGDATABASE besides.
	if [ "$engine" = my ] && [ -z "$url$name_variable" ]; then
		fail "nothing would tell the migrations of another database than the live one: set $variable, \`env_file\` or \`name_variable\`"
	fi
	"${engine}_connect"
	of=$database kind=dump
	if [ "$engine" = my ]; then kind=sql; fi
	scratch
	rehearsal=${scratch}_rehearsal
}

# make_rehearsal restores the backup $packed as the database $rehearsal, which goes when the recipe ends.
make_rehearsal() {
	if ! "${engine}_drop" "$rehearsal"; then
		if [ "$engine" = my ]; then may_not; fi
		fail "the database $rehearsal, which an earlier run left, cannot be dropped: it says why above"
	fi
	trap '"${engine}_drop" "$rehearsal" || echo "the database $rehearsal is still there"' EXIT
	trap 'exit 143' HUP TERM
	case $engine in
	pg)
		if ! echo "CREATE DATABASE \"$rehearsal\" TEMPLATE template0" | pg_sql "$maintenance"; then
			fail "no database can be made, it says why above; as a superuser: ALTER ROLE ... CREATEDB"
		fi
		set -- --no-owner --no-privileges --no-comments ;;
	my)
		if ! my_create "$rehearsal"; then may_not; fi
		set -- ;;
	esac
	if ! "${engine}_restore_into" "$rehearsal" "$@"; then fail "the backup cannot be restored, it says why above"; fi
	if [ -n "$url" ]; then export "$variable=$(url_of "$rehearsal")"; fi
	if [ -n "$name_variable" ]; then export "$name_variable=$rehearsal"; fi
	if [ "$engine" = pg ]; then export PGDATABASE="$rehearsal"; fi
}

# look_where ends the recipe where the project would migrate another database.
look_where() {
	find_python
	asked=$(alias=$alias PYTHONDONTWRITEBYTECODE=1 "$python" "$manage" shell -c '
import os
from django.db import connections
connection = connections[os.environ["alias"]]
with connection.cursor() as cursor:
    cursor.execute("SELECT DATABASE()" if connection.vendor == "mysql" else "SELECT current_database()")
    print("database:", cursor.fetchone()[0])
') || fail "the project cannot be asked which database it uses, it says why above"
	asked=$(printf '%s\n' "$asked" | sed -n 's/^database: //p')
	if [ "$asked" != "$rehearsal" ]; then
		fail "the project would migrate ${asked:-another database}, so nothing was run: let its settings take $variable from the environment before any file, or set \`name_variable\`"
	fi
}

# rehearse runs the migrations, and sets $took, in seconds.
rehearse() {
	began=$(date +%s)
	(migrate) &
	pid=$!
	if [ "$max" -gt 0 ] && ! within "$max" gone "$pid"; then
		# A shell hands no signal on to what it runs.
		# shellcheck disable=SC2046 # a list of processes
		set -- "$pid" $(children "$pid")
		kill -TERM "$@" 2>/dev/null || true
		within 10 all_gone "$@" || kill -KILL "$@" 2>/dev/null || true
		fail "the migrations take longer than ${max}s on a copy of $of, and were ended; $of itself was not touched"
	fi
	if ! wait "$pid"; then fail "the migrations fail on a copy of $of, it says why above; $of itself was not touched"; fi
	took=$(($(date +%s) - began))
}

migrate() {
	if [ -n "$command" ]; then
		# By a variable: it may hold a secret, and arguments are seen by everybody on the host.
		export command
		# shellcheck disable=SC2016
		exec sh -eu -c 'eval "$command"'
	fi
	exec "$python" "$manage" migrate --noinput --database "$alias"
}
