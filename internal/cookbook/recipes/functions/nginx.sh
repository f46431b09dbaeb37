# The servers of an upstream of nginx, in a file that nginx includes: what nginx/drain does and undoes. It needs processes.sh and nginx-workers.sh.
# shellcheck disable=SC2034,SC2154

# find_upstream sets $file, the host's $who and $host as nginx knows it, and nginx's $master process.
find_upstream() {
	for value_ in "$upstream" "$directory"; do
		case $value_ in
		'' | *[!A-Za-z0-9._/@+-]*) fail "\`upstream\` and \`directory\` must be plain names, not '$value_'" ;;
		esac
	done
	host=${server:-${SLIPWAY_TARGET_ADDRESS:-}}
	who=${SLIPWAY_TARGET:-$host}
	if [ -z "$host" ]; then fail "no host is being drained; use it in \`drain\`, or set \`server\`"; fi
	file=$directory/$upstream.conf
	case $file in
	/*) ;;
	*) file=$(pwd)/$file ;;
	esac
	if [ ! -f "$file" ]; then
		fail "there is no $file. Put the \`server\` lines of the upstream there, and let nginx include it: upstream $upstream { include $file; }"
	fi
	file=$(readlink -f -- "$file")
	master=$(running "$pid") || fail "no nginx runs that $pid names; start it, or set \`pid\`"
}

# marked down|up prints the upstream's file with the host's servers taken out of service, or taken back. Only what is marked
# as ours is taken back: a server that a person set down stays down.
marked() {
	to=$1 host=$host port=$port awk '
		BEGIN {
			mark = " # drained by slipway"
			to = ENVIRON["to"]
			address(ENVIRON["host"])
			wanted = name
			wanted_port = ENVIRON["port"] == "" ? number : ENVIRON["port"]
		}

		# address splits "web1:8001", "[::1]:8001", "::1" or "unix:/run/x.sock" into name and number.
		function address(text) {
			number = ""
			if (text ~ /^unix:/ || (text !~ /\[/ && text ~ /:.*:/)) {
				name = text
				return
			}
			if (match(text, /:[0-9]+$/)) {
				number = substr(text, RSTART + 1)
				text = substr(text, 1, RSTART - 1)
			}
			gsub(/[][]/, "", text)
			name = tolower(text)
		}

		/^[ \t]*server[ \t]+[^ \t;]+.*;/ {
			end = index($0, ";")
			head = substr($0, 1, end - 1)
			tail = substr($0, end)
			text = $2
			sub(/;.*/, "", text)
			address(text)
			down = head ~ /[ \t]down([ \t]|$)/
			if (name == wanted && (wanted_port == "" || wanted_port == (number == "" ? "80" : number))) {
				found = 1
				ours = index(tail, mark)
				if (to == "down" && !down) {
					head = head " down"
					tail = tail mark
					taken = 1
				} else if (to == "up" && ours) {
					sub(/[ \t]+down[ \t]*$/, "", head)
					tail = substr(tail, 1, ours - 1) substr(tail, ours + length(mark))
				} else if (down && !ours) {
					held = 1
				}
				print head tail
				next
			}
			if (!down) left = 1
		}

		{ print }

		END {
			if (!found) exit 3
			if (taken && !left) exit 4
			if (held) exit 5
		}' "$file"
}

# put down|up changes the file, tests it and has nginx take it. What nginx does not take is put back.
put() {
	new=$file.slipway-new old=$file.slipway-old
	cp -p -- "$file" "$new" || fail "$(id -un) cannot write in ${file%/*}"
	code=0
	marked "$1" >"$new" || code=$?
	case $code in
	0) ;;
	3)
		rm -f -- "$new"
		fail "there is no server of $who ($host${port:+ port $port}) in $file; set \`server\` and \`port\` to what stands there" ;;
	4)
		rm -f -- "$new"
		fail "$who is the last server of $upstream that is not down in $file: without it nobody would answer" ;;
	5) held=yes ;;
	*)
		rm -f -- "$new"
		fail "$file could not be read" ;;
	esac
	cp -p -- "$file" "$old"
	mv -f -- "$new" "$file"

	if ! said=$(sh -c "$test" 2>&1); then
		printf '%s\n' "$said" | ending
		mv -f -- "$old" "$file"
		if sh -c "$test" >/dev/null 2>&1; then
			fail "nginx refuses the change to $file; it is as it was"
		fi
		fail "\`$test\` fails, whatever is in $file: mend nginx's configuration, or allow $(id -un) this command; nothing is changed"
	fi
	if ! included; then
		mv -f -- "$old" "$file"
		fail "nginx does not include $file, so it changes nothing: upstream $upstream { include $file; }"
	fi

	before=$(children "$master")
	if ! said=$(sh -c "$reload" 2>&1); then
		printf '%s\n' "$said" | ending
		mv -f -- "$old" "$file"
		fail "\`$reload\` fails: allow $(id -un) this command, or set \`reload\`; $file is as it was"
	fi
	if ! within 30 taken; then
		mv -f -- "$old" "$file"
		fail "nginx did not take its new configuration within 30s, its error log says why; $file is as it was"
	fi
	rm -f -- "$old"
}

# included says whether nginx reads the file: where the test prints the configuration, nginx names each file of it.
included() {
	case $said in
	*'# configuration file '*) ;;
	*) return 0 ;;
	esac
	printf '%s\n' "$said" | sed -n 's/^# configuration file \(.*\):$/\1/p' | while read -r name; do
		if [ "$(readlink -f -- "$name")" = "$file" ]; then echo yes; fi
	done | grep -q yes
}
