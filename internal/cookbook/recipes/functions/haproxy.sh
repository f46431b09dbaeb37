# HAProxy's runtime API on its socket: what haproxy/drain does and undoes. It needs processes.sh.
# shellcheck disable=SC2154

# ask COMMAND prints HAProxy's answer to a command.
ask() {
	case $socket in
	/*)
		if [ ! -S "$socket" ]; then
			fail "there is no socket $socket; set \`socket\` to what \`stats socket\` says in haproxy.cfg"
		fi
		if command -v socat >/dev/null; then
			printf '%s\n' "$1" | socat -t 10 - "UNIX-CONNECT:$socket"
		elif nc -h 2>&1 | grep -q -e '-[A-Za-z46]*U'; then
			printf '%s\n' "$1" | nc -U "$socket"
		else
			fail "there is neither socat nor an nc that knows -U; install socat on this host"
		fi ;;
	*:*)
		if command -v socat >/dev/null; then
			printf '%s\n' "$1" | socat -t 10 - "TCP:$socket"
		else
			printf '%s\n' "$1" | nc "${socket%:*}" "${socket##*:}"
		fi ;;
	*) fail "\`socket\` must be a path or host:port, not '$socket'" ;;
	esac
}

# find_server sets $name, what the host is called in the backend.
find_server() {
	name=${server:-${SLIPWAY_TARGET:-}}
	if [ -z "$name" ]; then fail "no host is being drained; use it in \`drain\`, or set \`server\`"; fi
	for value_ in "$backend" "$name"; do
		case $value_ in
		'' | *[!A-Za-z0-9._:-]*) fail "\`backend\` and \`server\` must be names as in haproxy.cfg, not '$value_'" ;;
		esac
	done
	case $state in
	drain) bit=8 ;;
	maint) bit=1 ;;
	esac
	known=$(ask "show servers state $backend") || fail "HAProxy does not answer on $socket; $(id -un) must be allowed to use it (\`stats socket $socket group ... mode 660 level admin\`)"
	case $known in
	*srv_name*) ;;
	*) fail "HAProxy knows no backend $backend: $known" ;;
	esac
	if [ -z "$(of_server 6)" ]; then
		fail "the backend $backend has no server $name; it has $(printf '%s\n' "$known" | awk 'NF > 5 && !/^#/ { printf "%s%s", sep, $4; sep = ", " }')"
	fi
}

# of_server FIELD prints a field of `show servers state`: 6 is what it does (2 is running), 7 the states that it was set to, as bits:
# 1 is maint, 8 is drain.
of_server() { printf '%s\n' "$known" | name=$name field=$1 awk '!/^#/ && $4 == ENVIRON["name"] { print $ENVIRON["field"] }'; }

look() { known=$(ask "show servers state $backend"); }

# others prints how many other servers of the backend get requests.
others() {
	printf '%s\n' "$known" | name=$name awk '!/^#/ && NF > 6 && $4 != ENVIRON["name"] && $6 == 2 && $7 % 2 == 0 && int($7 / 8) % 2 == 0 { n++ } END { print n + 0 }'
}

is_set() { look && [ $(($(of_server 7) & bit)) -ne 0 ]; }

serves() { look && [ $(($(of_server 7) & 9)) -eq 0 ] && [ "$(of_server 6)" = 2 ]; }

# sessions prints how many requests the server has, those that wait for it too.
sessions() {
	ask "show stat $backend 4 -1" | name=$name backend=$backend awk -F, '
		/^# / {
			sub(/^# /, "")
			for (i = 1; i <= NF; i++) column[$i] = i
		}
		$1 == ENVIRON["backend"] && $2 == ENVIRON["name"] { print $column["scur"] + $column["qcur"] }'
}

idle() { [ "$(sessions)" = 0 ]; }

# order COMMAND sends what changes something: HAProxy answers with an empty line.
order() {
	said=$(ask "$1")
	if [ -n "$said" ]; then fail "HAProxy refuses \`$1\`: $said"; fi
}

# keep_state writes what a reload of HAProxy is to know, where it is wanted.
keep_state() {
	if [ -z "$state_file" ]; then return 0; fi
	if ! ask "show servers state" >"$state_file.slipway-new" || ! mv -f -- "$state_file.slipway-new" "$state_file"; then
		fail "$(id -un) cannot write $state_file, which a reload of HAProxy reads"
	fi
}
