# Functions that bring the members of a release from an address, as the archive that CI built. They stand behind those of unpack.sh.
# Whatever fails ends with one status: the members can be sent instead. The address is a secret: it is in no argument of a program, in
# no file, and in nothing that is printed.
# shellcheck disable=SC2154 # unpack.sh sets incoming, and upload.sh own
# shellcheck disable=SC2034 # and reads others

# Says what is pulled. It comes behind unpacking.
#
# $1      the address
# $2      the archive's SHA-256
# $3      its size, in bytes
# $4      how it is compressed: zstd, gzip or none
# $5      how many folders of its names are dropped
# $6      KiB that it unpacks to
pulling() {
	unset address # one that the host's environment has would stay there, with this text
	address=$1 digest=$2 total=$3 compressed=$4 strip=$5 unpacked=$6
	# Another try, or a re-run, finds by its digest what is here already.
	pulled=.slipway/pulled
	archive=$pulled/$digest
	otherwise=94
	# What brings less than so many bytes a second, for so many seconds, is given up.
	least=10240 patience=30
}

# Pulls the archive, and unpacks it once it is known to be the one that the runner has read.
pull_members() {
	find_fetcher
	encoding=$compressed
	check_programs
	claim
	pull
	found=$(receive <"$archive" | sha256sum)
	[ "${found%% *}" = "$digest" ] || fail 91 "what it was given has another SHA-256: ${found%% *}"
	(umask 022 && mkdir "$incoming/tree") || fail 93 "$incoming/tree cannot be made"
	set -- -xomf - --no-same-permissions
	[ "$strip" -eq 0 ] || set -- "$@" "--strip-components=$strip"
	unpack_to "$incoming/tree" "$@" <"$archive"
	let_go
	# GNU tar gives the folder that it unpacks to the mode of the archive's own ./, which may be closed to all but the builder.
	said=$(cd "$incoming/tree" && { set_rights 755 . && set_files; } 2>&1) || fail 93 "the modes of files cannot be set: $said"
}

# GNU's wget alone takes an address from standard input.
find_fetcher() {
	if command -v curl >/dev/null; then
		fetcher=curl
	else
		case $(wget --version 2>&1) in
		'GNU Wget 1.'*) fetcher=wget ;;
		*) fail 90 'it has neither curl nor GNU wget' ;;
		esac
	fi
}

# Keeps what is here of the archive, and of no other one. Who still writes to it, of a connection that is gone, is ended, and begins no more.
claim() {
	mkdir -p "$pulled" || fail 93 "$PWD/$pulled cannot be made"
	for other in "$pulled"/*; do
		case $other in
		"$archive" | "$archive.by" | "$archive.for") ;;
		*) rm -rf "$other" ;;
		esac
	done
	if [ ! -f "$archive" ] || [ -L "$archive" ]; then
		rm -rf "$archive"
	fi
	echo "$own" >"$archive.for" || fail 93 "no file can be written in $PWD/$pulled"
	writer=none looks=0
	{ read -r writer <"$archive.by"; } 2>/dev/null
	while is_writing; do
		kill -9 "$writer"
		looks=$((looks + 1))
		[ "$looks" -lt 10 ] || fail 93 "process $writer writes to $PWD/$archive, and cannot be ended"
		sleep 1
	done
}

# Sets holder to the try that has the archive, '' where none has.
find_holder() {
	holder=''
	{ read -r holder <"$archive.for"; } 2>/dev/null
}

# Ends, and leaves all as it is, where another try has the archive: nobody listens to this one any more.
yield() {
	find_holder
	[ "$holder" = "$own" ] || exit 1
}

# Removes what is here of the archive, unless another try has it by now.
let_go() {
	find_holder
	case $holder in
	'' | "$own") rm -rf "$pulled" ;;
	esac
}

is_writing() {
	case $(readlink "/proc/$writer/fd/1" 2>/dev/null) in
	*"/$archive") ;;
	*) return 1 ;;
	esac
}

# The bytes that are here.
here() { stat -c %s "$archive" 2>/dev/null || echo 0; }

# Pulls what is not here yet: over a new connection where one breaks, for as long as they bring something.
pull() {
	have=$(here) idle=0 slow=0 connections=0
	if [ "$have" -gt "$total" ]; then
		rm -f "$archive"
		have=0
	fi
	room=$(cd "$pulled" && free -k)
	needed=$(((total - have) / 1024 + unpacked))
	[ "${room:-$needed}" -ge "$needed" ] || fail 93 "$room KiB are free at $PWD, and archive and release need $needed beside each other"
	while [ "$have" -lt "$total" ]; do
		fence :
		yield
		before=$have
		{ said=$(fetch); } 4>&1
		yield
		have=$(here)
		# Where nobody listens any more the write ends this.
		printf '%s\n' "$have" || exit 1
		check_space "$said"
		connections=$((connections + 1)) idle=$((idle + 1))
		[ "$have" -le "$before" ] || idle=0
		lock_beat connected
		[ "$have" -lt "$total" ] || break
		case $said in
		*'too slow for slipway'*)
			slow=$((slow + 1))
			[ "$slow" -lt 2 ] || fail 91 "it gets less than $((least / 1024)) KiB a second, over another connection, too: $have of $total bytes"
			;;
		*)
			slow=0
			judge
			;;
		esac
	done
}

# Ends where another connection cannot help.
judge() {
	ended=${said##*ended } answer=''
	case $said in
	*'returned error: '[0-9][0-9][0-9]*) answer=${said##*returned error: } ;;
	*' ERROR '[0-9][0-9][0-9]*) answer=${said##* ERROR } ;;
	esac
	answer=${answer%"${answer#???}"}
	why=$(printf '%s\n' "$said" | sed -n 's/^curl: //p' | tail -n 1)
	why="$fetcher ended $ended${why:+: $why}"
	[ -z "$answer" ] || why="the server answered $answer"
	case $answer in
	401 | 403) fail 91 "$why: the address may have expired" ;;
	408 | 429) ;;
	4[0-9][0-9]) fail 91 "$why" ;;
	esac
	case $fetcher-$ended-$answer in
	*-0-)
		[ "$idle" -eq 0 ] || fail 91 "the server has no more than $have of $total bytes"
		;;
	curl-33-) rm -f "$archive" && have=0 ;; # the server sends all or nothing
	wget-8-) fail 91 'the server redirects, and wget would follow it to http, too' ;;
	# What was asked for, the certificate, or the program itself is at fault.
	curl-[1-5]- | curl-47- | curl-5[189]- | curl-60- | curl-77- | curl-8[03]- | curl-9[01]- | wget-[23567]- | *-12[67]-) fail 91 "$why" ;;
	esac
	if [ "$idle" -ge 5 ] || [ "$connections" -ge 100 ]; then
		fail 91 "$why, after $have of $total bytes and $connections connections"
	fi
	[ "$idle" -eq 0 ] || sleep "$idle"
}

# Adds to the archive what one connection brings, and not a byte more than is missing. Prints what the program said, and how it ended. How
# much is here goes to descriptor 4 now and then.
fetch() {
	{
		{
			request 2>&5 5>&-
			echo "ended $?" >&5
		} 4>&- | head -c "$((total - have))" 4>&- 5>&- | cat >>"$archive" 2>&5 4>&- 5>&- & # which says, unlike BusyBox's head, when a disk is full
		writer=$!
		echo "$writer" >"$archive.by"
		(watch_writer) </dev/null >/dev/null 2>&1 &
		watcher=$!
		wait "$writer"
		kill "$watcher"
	} 5>&1 2>/dev/null
}

# Asks for what is missing, and prints it. echo is a builtin of every shell, printf is not: its arguments might be seen. Which process does it
# is written down.
request() {
	true >"$archive.asks"
	case $fetcher in
	curl)
		echo "url = \"$address\"" | curl --config - --globoff --silent --show-error --fail --location --max-redirs 10 --proto '=https' \
			--proto-redir '=https' --connect-timeout 30 --speed-limit 1 --speed-time 30 --continue-at "$have" &
		;;
	wget) # it would follow a redirect to http
		echo "$address" | wget --input-file=- --output-document=- --no-verbose --tries=1 --timeout=30 --max-redirect=0 --no-hsts --start-pos="$have" &
		;;
	esac
	echo "$!" >"$archive.asks"
	wait "$!"
}

# Ends what brings the archive. The program by its number, too: it, and BusyBox's head, keep some KiB to themselves, and so long they would
# not see that nobody reads them.
end_writer() {
	program=''
	read -r program <"$archive.asks"
	[ -z "$program" ] || kill "$program"
	kill "$writer"
	exit
}

# Says how much is here, and gives a sign of life. Where nobody listens, or the file was taken away, or hardly anything comes, the writer
# ends: curl and wget go on for as long as a byte comes now and then. They end by themselves where none comes: what brings
# nothing for longer than they wait is too slow to leave their memory.
watch_writer() {
	sleeper='' looks=0 mark=$have quiet=0
	trap 'kill "$sleeper"; exit' TERM
	trap end_writer PIPE
	while kill -0 "$writer"; do
		sleep 1 4>&- 5>&- &
		sleeper=$!
		wait "$sleeper"
		if ! size=$(stat -c %s "$archive") || ! printf '%s\n' "$size" >&4; then
			end_writer
		fi
		looks=$((looks + 1))
		if [ "$looks" -lt "$patience" ]; then
			:
		elif [ $((size - mark)) -ge $((least * looks)) ]; then
			looks=0 mark=$size quiet=0
		elif [ "$size" -eq "$mark" ] && [ "$quiet" -lt 2 ]; then
			looks=0 quiet=$((quiet + 1))
		else
			echo 'too slow for slipway' >&5
			end_writer
		fi
		lock_beat pulled
	done
}
