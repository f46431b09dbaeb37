# The file that says that a site is closed: what maintenance/on and maintenance/off do. It needs processes.sh.
# shellcheck disable=SC2154

# find_file sets $file, and $mark, which is beside it where a deployment put it there.
find_file() {
	case $file in
	/*) ;;
	*) file=$SLIPWAY_SHARED_PATH/$file ;;
	esac
	mark=${file%/*}/.${file##*/}.slipway
	if [ -d "$file" ]; then fail "$file is a folder; set \`file\` to the file that the web server looks for"; fi
}

# take_off opens it again, where a deployment closed it.
take_off() {
	if [ -e "$mark" ]; then
		rm -f -- "$file"
		rm -f -- "$mark"
	elif [ -e "$file" ]; then
		echo "slipway-note: a person put $file there: it stays"
	fi
}
