# What the recipes for databases share. A password is seen by the shell's own commands alone: it is no argument of a program, and in
# no file. A recipe sets $recipe, $variable, $env_file and $database. It needs processes.sh.
# shellcheck disable=SC2154,SC2034

# known NAME ends the recipe where a database has a name that would have to be quoted, in SQL or as a file's name.
known() {
	case $1 in
	'' | -* | .* | *[!A-Za-z0-9_.-]*) fail "'$1' cannot name a database here: letters, digits and _ . - make a name" ;;
	esac
}

# find_url sets $url to what $variable holds, in the environment or else in $env_file.
find_url() {
	case $variable in
	'' | [0-9]* | *[!A-Za-z0-9_]*) fail "\`variable\` must name a variable, as DATABASE_URL, not '$variable'" ;;
	esac
	eval "url=\${$variable:-}"
	if [ -n "$url" ] || [ -z "$env_file" ]; then return 0; fi
	if [ ! -r "$env_file" ]; then fail "there is no $env_file in $PWD that $(id -un) can read: \`env_file\`"; fi
	return_=$(printf '\r')
	while IFS= read -r line_ || [ -n "$line_" ]; do
		line_=${line_%"$return_"}
		line_=${line_#export }
		case $line_ in
		"$variable"=*) url=${line_#*=} ;;
		esac
	done <"$env_file"
	case $url in
	\"*\") url=${url#\"} url=${url%\"} ;;
	\'*\') url=${url#\'} url=${url%\'} ;;
	esac
	if [ -z "$url" ]; then fail "$env_file has no $variable"; fi
}

# split_url sets $scheme, $user, $password, $host, $port and $name from $url; $authority and $query stay as they were written.
split_url() {
	case $url in
	*://*) ;;
	*) fail "$variable is no URL: engine://user:password@host:port/database" ;;
	esac
	scheme=${url%%://*}
	authority=${url#*://}
	query='' name='' user='' password='' port=''
	case $authority in
	*\?*) query=${authority#*\?} authority=${authority%%\?*} ;;
	esac
	case $authority in
	*/*) name=${authority#*/} authority=${authority%%/*} ;;
	esac
	host=${authority##*@}
	case $authority in
	*@*) user=${authority%@*} ;;
	esac
	case $user in
	*:*) password=${user#*:} user=${user%%:*} ;;
	esac
	case $host in
	\[*\]*) port=${host##*\]} host=${host%%\]*} host=${host#\[} port=${port#:} ;;
	*:*) port=${host##*:} host=${host%:*} ;;
	esac
	# The rest of a password that has a / must not be printed as a database's name.
	case $name in
	*@*) port=@ ;;
	esac
	case $port in
	*[!0-9]*) fail "$variable cannot be read: in a password / is written %2F, ? is %3F, # is %23" ;;
	esac
	name=$(decoded "$name") user=$(decoded "$user") password=$(decoded "$password") host=$(decoded "$host")
}

# decoded TEXT prints a text whose %41 are bytes.
decoded() {
	rest_=$1 text_=
	while :; do
		case $rest_ in
		*%[0-9A-Fa-f][0-9A-Fa-f]*) ;;
		*) break ;;
		esac
		plain_=${rest_%%"%"[0-9A-Fa-f][0-9A-Fa-f]*}
		rest_=${rest_#"$plain_%"}
		# shellcheck disable=SC2059 # the format is the byte, in octal
		text_=$text_$plain_$(printf "\\$(printf '%o' "0x${rest_%"${rest_#??}"}")")
		rest_=${rest_#??}
	done
	printf '%s\n' "$text_$rest_"
}

# option NAME prints a parameter of the URL.
option() {
	left_=$query
	while [ -n "$left_" ]; do
		pair_=${left_%%"&"*}
		left_=${left_#"$pair_"}
		left_=${left_#"&"}
		case $pair_ in
		"$1"=*)
			decoded "${pair_#*=}"
			return ;;
		esac
	done
}

# url_of NAME prints $url with another database.
url_of() { printf '%s\n' "$scheme://$authority/$1${query:+?$query}"; }

# scratch sets $scratch, with which each database begins that a recipe makes for itself. Only this deploy path's are named so on this
# host, and a deploy path has one deployment at a time: what is found is what an earlier run left.
scratch() {
	scratch=$(printf '%s\n' "$SLIPWAY_HOST $SLIPWAY_DEPLOY_PATH" | sha256sum)
	scratch=slipway_$(printf '%.12s' "$scratch")
}

# both PRODUCER CONSUMER runs two functions with a pipe between them. It prints what the second prints, and which of them succeeded:
# first, second, or both words. No file keeps this: the disk may be full.
both() {
	{ { "$1" 9>&- && echo first >&9; } | { "$2" 9>&- && echo second >&9 && cat >/dev/null; }; } 9>&1 || true
}

# well PRINTED is whether both of them succeeded.
well() {
	case $1 in
	*first*second* | *second*first*) return 0 ;;
	esac
	return 1
}

# stream is the same of functions that print nothing.
stream() { well "$(both "$1" "$2")"; }
