# A file of switches that an application reads: NAME=value lines, or a flat object of JSON with one of them on each line. It needs processes.sh.
# shellcheck disable=SC2154,SC2317

# find_switches sets $file and judges what is to be set, before anything is changed.
find_switches() {
	case $file in
	/*) ;;
	*) file=$SLIPWAY_SHARED_PATH/$file ;;
	esac
	if [ -L "$file" ]; then file=$(readlink -f -- "$file"); fi
	if [ -d "$file" ]; then fail "$file is a folder; set \`file\`"; fi
	if [ -z "$set" ] && [ -z "$remove" ]; then fail "there is nothing to do; give \`set\` or \`remove\`"; fi
	printf '%s\n' "$set" | while read -r one_; do
		if [ -z "$one_" ]; then continue; fi
		case $one_ in
		*=*) named "${one_%%=*}" ;;
		*) fail "\`set\` takes NAME=value, not '$one_'" ;;
		esac
		# Quotes of such files mean something else to each of their readers.
		case ${one_#*=} in
		*[!A-Za-z0-9._:/@+,-]*) if [ "$format" = env ]; then fail "in a file of NAME=value lines a value is plain: '${one_#*=}' is not"; fi ;;
		esac
	done
	printf '%s\n' "$remove" | while read -r one_; do
		if [ -n "$one_" ]; then named "$one_"; fi
	done
	# Another deploy path may have the same file, and takes back its own.
	notes=${file%/*}/.${file##*/}.before-$(printf '%s\n' "$SLIPWAY_DEPLOY_PATH" | cksum | tr ' ' -)
	before=$notes-$(printf '%s\n' "$set" - "$remove" | cksum | tr ' ' -)
}

named() {
	case $1 in
	'' | [0-9]* | *[!A-Za-z0-9_.-]*) fail "a switch has a name of letters, digits, _, . and -, not '$1'" ;;
	esac
}

# changed prints the file with the lines of `set` and without those of `remove`; what else stands there stays. With what=before, it prints
# what set and remove would have to be to bring back what the file says now.
changed() {
	set=$set remove=$remove format=$format raw=${raw:-} what=$1 awk '
		BEGIN {
			json = ENVIRON["format"] == "json"
			n = split(ENVIRON["set"], list, "\n")
			for (i = 1; i <= n; i++) if (list[i] != "") {
				at = index(list[i], "=")
				name = substr(list[i], 1, at - 1)
				if (!(name in value)) order[++count] = name
				value[name] = shown(substr(list[i], at + 1))
			}
			n = split(ENVIRON["remove"], list, "\n")
			for (i = 1; i <= n; i++) if (list[i] != "") gone[list[i]] = 1
		}

		# shown is a value as the file has it: in JSON true, false, null and numbers are themselves, all else is a string.
		function shown(text) {
			if (!json || ENVIRON["raw"] != "" || text ~ /^(true|false|null|-?(0|[1-9][0-9]*)([.][0-9]+)?)$/) return text
			gsub(/[\\"]/, "\\\\&", text)
			return "\"" text "\""
		}

		function keep(name, is) {
			if (name in gone) { was[name] = is; return }
			if (name in value) { was[name] = is; is = value[name]; done[name] = 1 }
			names[++lines] = name
			texts[lines] = is
		}

		{ sub(/\r$/, "") }
		json && (/^[ \t]*[{][ \t]*$/ || /^[ \t]*[}][ \t]*$/ || /^[ \t]*[{][ \t]*[}][ \t]*$/ || /^[ \t]*$/) { next }
		json && /^[ \t]*"[A-Za-z0-9_.-]+"[ \t]*:[ \t]*("([^"\\]|\\.)*"|true|false|null|-?[0-9][0-9.eE+-]*)[ \t]*,?[ \t]*$/ {
			sub(/^[ \t]*"/, "")
			at = index($0, "\"")
			name = substr($0, 1, at - 1)
			rest = substr($0, at + 1)
			sub(/^[ \t]*:[ \t]*/, "", rest)
			sub(/[ \t]*,?[ \t]*$/, "", rest)
			keep(name, rest)
			next
		}
		json { print FNR ": " $0 >"/dev/stderr"; bad = 1; exit }
		/^[A-Za-z0-9_.-]+=/ { at = index($0, "="); keep(substr($0, 1, at - 1), substr($0, at + 1)); next }
		{ names[++lines] = ""; texts[lines] = $0 }

		END {
			if (bad) exit 3
			if (ENVIRON["what"] == "before") {
				for (i = 1; i <= count; i++) print (order[i] in was ? "set " order[i] "=" was[order[i]] : "remove " order[i])
				for (name in gone) if (name in was) print "set " name "=" was[name]
				exit
			}
			for (i = 1; i <= count; i++) if (!(order[i] in done) && !(order[i] in gone)) {
				names[++lines] = order[i]
				texts[lines] = value[order[i]]
			}
			if (json) print "{"
			for (i = 1; i <= lines; i++) {
				if (json) print "  \"" names[i] "\": " texts[i] (i < lines ? "," : "")
				else print (names[i] == "" ? "" : names[i] "=") texts[i]
			}
			if (json) print "}"
		}' "$2"
}

# noted NOTE says whether a note is of this deployment.
noted() { [ -e "$1" ] && [ "$(head -n 1 "$1")" = "of ${SLIPWAY_DEPLOYMENT:-}" ]; }

# note_before writes down what the switches are now, for take_back. A second try of the same deployment finds the note of the first. Those
# of other deployments are over: what these had to take back was taken back before this one began.
note_before() {
	for note_ in "$notes"-*; do
		if ! noted "$note_"; then rm -f -- "$note_"; fi
	done
	if noted "$before"; then return 0; fi
	from_=$file
	if [ ! -e "$file" ]; then
		from_=/dev/null
		mkdir -p -- "${file%/*}"
	fi
	{
		echo "of ${SLIPWAY_DEPLOYMENT:-}"
		changed before "$from_"
	} >"$before.new" || refuse_file
	put_in_place "$before.new" "$before"
}

# put_in_place NEW FILE replaces a file in one rename, and returns once that is on the disk.
put_in_place() {
	sync "$1"
	mv -f -- "$1" "$2"
	sync "${2%/*}"
}

refuse_file() {
	rm -f -- "$before.new" "${new_:-}"
	fail "$file is no flat object of JSON with one switch on each line, see above; it is as it was"
}

# take_back sets the switches to what note_before wrote down. What others changed besides stays.
take_back() {
	if [ ! -e "$before" ]; then return 0; fi
	set=$(sed -n 's/^set //p' "$before")
	remove=$(sed -n 's/^remove //p' "$before")
	raw=yes
	put_switches
	rm -f -- "$before"
}

# put_switches replaces the file, in one rename.
put_switches() {
	mkdir -p -- "${file%/*}"
	new_=${file%/*}/.${file##*/}.new
	from_=$file
	if [ ! -e "$file" ]; then from_=/dev/null; fi
	if [ -e "$file" ]; then
		# Its mode and owner stay.
		cp -p -- "$file" "$new_"
	else
		rm -f -- "$new_"
		(umask 022 && true >"$new_")
	fi
	changed file "$from_" >"$new_" || refuse_file
	if cmp -s "$new_" "$file"; then
		rm -f -- "$new_"
		echo "slipway-note: as it was"
		return 0
	fi
	put_in_place "$new_" "$file"
}
