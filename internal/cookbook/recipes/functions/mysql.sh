# MySQL and MariaDB, for the recipes that back them up, restore them, and rehearse on them. It needs database.sh and backups.sh.
# shellcheck disable=SC2154,SC2034,SC2317

# my_connect has the clients connect as $url says, else as $defaults_file or their own files do, and sets $database where it is not
# given.
my_connect() {
	my_options=
	if [ -n "$url" ]; then
		split_url
		case $scheme in
		mysql | mysql2 | mysqlgis | mysql-connector | mariadb) ;;
		*) fail "$variable is the URL of $scheme, not of MySQL" ;;
		esac
		socket_=$(option unix_socket)
		ca_=$(option ssl-ca)
		my_options="[client]$(my_option user "$user")$(my_option password "$password")$(my_option host "$host")$(my_option port "$port")"
		my_options="$my_options$(my_option socket "$socket_")$(my_option ssl-ca "${ca_:-$(option ssl_ca)}")"
		if [ -z "$database" ]; then database=$name; fi
	elif [ -n "$defaults_file" ] && [ ! -r "$defaults_file" ]; then
		fail "there is no $defaults_file that $(id -un) can read"
	fi
	if [ -z "$database" ]; then fail "which database? Set \`database\`, or name it in $variable"; fi
	known "$database"
	my_sql </dev/null || fail "the server cannot be reached, it says why above: set $variable, \`env_file\` or \`defaults_file\`"
}

# my_option NAME VALUE prints a line of an option file.
my_option() {
	if [ -n "$2" ]; then printf '\n%s="%s"' "$1" "$(printf '%s\n' "$2" | sed 's/[\\"]/\\&/g')"; fi
}

# my PROGRAM [OPTION...] runs a client. What is secret comes by a pipe that no other process has.
my() {
	program_=$1
	shift
	if [ -n "$my_options" ]; then
		"$program_" --defaults-file=/dev/fd/3 "$@" 3<<-OPTIONS
			$my_options
		OPTIONS
	elif [ -n "$defaults_file" ]; then
		"$program_" --defaults-file="$defaults_file" "$@"
	else
		"$program_" "$@"
	fi
}

# my_sql [OPTION...] runs what it reads, up to the first error.
my_sql() { my "$mysql" --batch --skip-column-names --raw --connect-timeout=10 --default-character-set=utf8mb4 "$@"; }

# my_check reads the file $packed to its end, whose last line mysqldump writes when it has written all the others. It sets $entries, or
# $why it is not whole.
my_check() {
	seen_=$(both unpack my_read)
	case $seen_ in
	*elsewhere*) why='it has a USE or CREATE DATABASE: make it without --databases' ;;
	*completed*) if ! well "$seen_"; then why='it cannot be read to its end'; fi ;;
	*) why='"-- Dump completed" is not its last line' ;;
	esac
	# shellcheck disable=SC2034
	entries=$(printf '%s\n' "$seen_" | sed -n 's/^\([0-9]* tables\).*/\1/p')
}

my_read() {
	LC_ALL=C awk '
		/^CREATE TABLE / { tables++ }
		# It would go into that database.
		/^(USE|CREATE DATABASE|DROP DATABASE|CREATE SCHEMA|DROP SCHEMA) / { elsewhere = " elsewhere" }
		$0 != "" { last = $0 }
		END { print tables + 0 " tables" elsewhere (last ~ /^-- Dump completed/ ? " completed" : "") }'
}

# my_restore_into DATABASE restores the file $packed.
my_restore_into() {
	into=$1
	stream unpack my_load
}

my_load() { my_sql --max-allowed-packet=1G --database="$into" >&2; }

# may_not ends the recipe where the user has no right to make and drop databases.
may_not() { fail "no database can be made, it says why above; as root: GRANT ALL ON \`slipway\\_%\`.* TO the user"; }

# my_drop NAME drops a database that a recipe made, also one that is in use.
my_drop() {
	my_sql <<-SQL | sed 's/^/KILL /; s/$/;/' | my_sql --force 2>/dev/null || true
		SELECT id FROM information_schema.processlist WHERE db = '$1';
	SQL
	my_sql <<-SQL
		SET lock_wait_timeout = 60;
		DROP DATABASE IF EXISTS \`$1\`;
	SQL
}

# my_create NAME makes a database with the character set of $database, where there is one.
my_create() {
	like_=$(my_sql <<-SQL
		SELECT CONCAT('CHARACTER SET ', default_character_set_name, ' COLLATE ', default_collation_name)
		FROM information_schema.schemata WHERE schema_name = '$database';
	SQL
	)
	my_sql <<-SQL
		CREATE DATABASE \`$1\` $like_;
	SQL
}
