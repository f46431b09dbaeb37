# Tells what the release in the working directory holds, but for what programs make while they run: compiled Python, pid files, sockets
# and FIFOs; and but for names with a line break.
#
# Prints a line for each, "<kind and rights, as hexadecimal mode> <size> <time of its content> <time of its change> ./<path>", of a folder
# "<mode> - - - ./<path>"; then "end <status of find>".
listing() {
	# BusyBox runs no `-exec {} +` that stands in parentheses.
	find . \( -name __pycache__ -o -name '*
*' \) -prune -o \( -name '*.py[co]' -o -name '*.pid' -o -type s -o -type p \) -o \
		! -name . -type d -exec stat -c '%f - - - %n' {} + -o ! -type d -exec stat -c '%f %s %Y %Z %n' {} + 2>/dev/null
	echo "end $?"
}
