# What a program prints, shown at once and kept, so that a note can be made of it. A recipe that uses some of them need not use all.
# shellcheck disable=SC2034,SC2317

# keep_printed COMMAND... runs a command; what it prints goes on at once and is kept in the file $printed. $status is how it ended: its
# exit status comes around the pipe.
keep_printed() {
	printed=$(mktemp)
	trap 'rm -f "$printed"' EXIT
	{
		status=$({
			{
				"$@" 2>&1 3>&- && echo 0 >&3 || echo "$?" >&3
			} | tee "$printed" >&4
		} 3>&1)
	} 4>&1
	# A note is a line of its own, also after a line that was not ended.
	if [ -n "$(tail -c 1 "$printed")" ]; then echo; fi
}

# listed WORDS prints a note of the lines that it reads: "3 applied: a, b, c". Nothing where there are none.
listed() {
	of=$1 awk '
		NR <= 8 { list = list (NR > 1 ? ", " : "") $0 }
		END { if (NR) print "slipway-note: " (ENVIRON["of"] == "pending" ? "pending " : NR " " ENVIRON["of"] ": ") list (NR > 8 ? " and " NR - 8 " more" : "") }'
}
