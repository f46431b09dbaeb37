# The file that says that a site is closed: what maintenance/on and maintenance/off do. It needs processes.sh.
# shellcheck disable=SC2154

# find_file sets $file, and what lies beside it where a deployment put it there: $mark, the same file by another name, and $new, which
# becomes the mark.
find_file() {
	case $file in
	/*) ;;
	*) file=$SLIPWAY_SHARED_PATH/$file ;;
	esac
	mark=${file%/*}/.${file##*/}.slipway
	new=$mark.new
	if [ -d "$file" ]; then fail "$file is a folder; set \`file\` to the file that the web server looks for"; fi
}

# ours says whether a deployment put the file there. A person's is another one, also where a mark was left behind.
# shellcheck disable=SC3013 # dash, bash and BusyBox know -ef
ours() { [ "$file" -ef "$mark" ] || [ "$file" -ef "$new" ]; }

# put_on COMMAND... closes the site by a file of what a command prints. Cut off anywhere, the file is there and ours, or is not there.
put_on() {
	mkdir -p -- "${file%/*}"
	# shellcheck disable=SC3013
	if [ "$file" -ef "$new" ]; then mv -f -- "$new" "$mark"; fi # an earlier try was cut off before its last command
	rm -f -- "$new" "$new.link"
	"$@" >"$new"
	chmod 644 "$new"
	if ! ln -- "$new" "$new.link"; then fail "the file system of ${file%/*} gives no file a second name, by which this one is known again: set \`file\` to one elsewhere"; fi
	mv -f -- "$new.link" "$file"
	mv -f -- "$new" "$mark"
}

# take_off opens it again, where a deployment closed it.
take_off() {
	if ours; then
		rm -f -- "$file"
	elif [ -e "$file" ]; then
		echo "slipway-note: a person put $file there: it stays"
	fi
	rm -f -- "$mark" "$new" "$new.link"
}
