# Functions of the wrapper. They stand before it.

# Writes the log, which is standard input, until its end. Of a long one the beginning stays, and of the rest the newest
# parts, each a file of its own, named by the byte of the log with which it begins: log, log.8388608, log.9437184.
# What is written to a part is there at once. A disk that is full loses output; the step goes on. How long a short log is stands in the
# file length, once it is whole and where dd tells: reading it byte by byte costs a shell less than a program then.
#
# $1      the step's folder
# $2      how many bytes of the beginning stay
# $3      how many bytes of the rest stay; up to a quarter more may lie there
keep() {
	kept=$1 limit=$2 tail=$3
	part=$((tail / 8))
	# One read is at most what a pipe holds, 64 KiB, and often only a line: dd counts both as one. At first one dd does as many as surely fit.
	least=$((part / 65536))
	[ "$least" -gt 0 ] || least=1
	into=$kept/log begin=0 size=0
	set --
	while :; do
		wanted=$(((limit - size) / 65536))
		[ "$wanted" -ge "$least" ] || wanted=$least
		if ! said=$(dd bs=65536 count="$wanted" 2>&1 >>"$into"); then
			true >"$kept/lossy"
			wanted=1
			said=$(dd bs=65536 count=1 2>&1 >/dev/null)
		fi
		# "3+12 records in": where there are fewer than it was to read, they are the last.
		records=${said%% records in*}
		if [ $((${records##*[!0-9+]})) -ne "$wanted" ]; then
			# After the end of the step nobody asks for it: a process in the background held the pipe, and all this may be removed by now.
			[ "$begin$size" != 00 ] || ended "$kept" || [ ! -f "$kept/status" ] || brief "$said"
			return
		fi
		now=$(stat -c %s "$into") || continue
		size=$now
		if [ "$size" -ge "$limit" ]; then
			begin=$((begin + size)) limit=$part size=0
			into=$kept/log.$begin
			set -- "$@" "$begin"
			# The oldest part goes when those after it are long enough.
			while [ "$#" -gt 1 ] && [ $((begin - $2)) -ge "$tail" ]; do
				rm -f "$kept/log.$1"
				shift
			done
		fi
	done
}

# Writes down how much was copied, where that is little: "10 bytes copied, ..." or "10 bytes (10B) copied, ...".
#
# $1      what dd said
brief() {
	copied=${1##*records out}
	copied=${copied%% byte*}
	copied=${copied##*[!0-9]}
	if [ -n "$copied" ] && [ "$copied" -le 1024 ]; then
		printf '%s\n' "$copied" >"$kept/length"
	fi
}
