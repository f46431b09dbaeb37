# Backups of databases: files <database>.<time>.<when>.<release>.<kind>.zst (or .gz) in $folder, each with a .sha256. A file has its
# name only once it is whole, checked and on the disk. A recipe sets $folder and $kind. It needs database.sh.
# shellcheck disable=SC2154

# unpack prints what the file $packed holds.
unpack() {
	case $packed in
	*.gz) gzip -dc <"$packed" ;;
	*) zstd -q -dc <"$packed" ;;
	esac
}

# backups DATABASE prints the names of its backups in $folder, the oldest first.
backups() {
	for file_ in "$folder/$1".[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]T[0-9][0-9][0-9][0-9][0-9][0-9]Z.*."$kind".*; do
		case $file_ in
		*.gz | *.zst) if [ -f "$file_" ] && [ -f "$file_.sha256" ]; then echo "${file_##*/}"; fi ;;
		esac
	done
}

# size FILE prints it for people.
size() {
	wc -c <"$1" | awk '{
		split("B kB MB GB TB", unit, " ")
		for (i = 1; $1 >= 1000 && i < 5; i++) $1 /= 1000
		printf (i == 1 ? "%d %s\n" : "%.1f %s\n"), $1, unit[i]
	}'
}
