# Links what is shared, and secret files, into a release.
#
# $1      the deploy path
# $2      the release's ID
# $3...   four for each link:
#           dir    <path> <link text> <temporary path below shared/>
#           file   <path> <link text> ''
#           secret <path> <link text> <content>
#
# Ends 90 when a shared file is missing, 91 when something is in the way, 92 when the host cannot write.
LC_ALL=C
export LC_ALL
set -u

refuse() {
	status=$1
	shift
	printf '%s\n' "$*" >&2
	exit "$status"
}

# Everything that must be there is, before anything is changed.
check() {
	missing=
	while [ "$#" -ge 4 ]; do
		if [ "$1" = file ] && [ ! -e "shared/$2" ]; then
			missing="$missing shared/$2"
		fi
		shift 4
	done
	[ -z "$missing" ] || refuse 90 "missing:$missing"
}

# Makes the folders above a path in the release. None may be a link: what is put there would land outside of it.
parents() {
	above=$release rest=$1
	while :; do
		case $rest in
		*/*) above=$above/${rest%%/*} rest=${rest#*/} ;;
		*) break ;;
		esac
		[ ! -L "$above" ] || refuse 91 "$above is a link: nothing can be put below it"
		if [ -e "$above" ] && [ ! -d "$above" ]; then
			refuse 91 "$above is a file: nothing can be put below it"
		fi
	done
	mkdir -p "$above" || refuse 92 "$above cannot be made"
}

# Puts the link at a path of the release, in the place of what the artifact has there.
place() {
	if [ -L "$release/$1" ] && [ "$(readlink "$release/$1")" = "$2" ]; then
		return
	fi
	parents "$1"
	if ! rm -rf "${release:?}/$1" || ! ln -s "$2" "$release/$1"; then
		refuse 92 "$release/$1 cannot be linked"
	fi
}

# Makes a shared directory where there is none, with what the first release has in it.
share() {
	[ ! -d "shared/$1" ] || return 0
	if [ -e "shared/$1" ] || [ -L "shared/$1" ]; then
		refuse 91 "shared/$1 is not a directory"
	fi
	new=shared/$2
	rm -rf "$new"
	mkdir -p "${new%/*}" || refuse 92 "${new%/*} cannot be made"
	if [ -d "$release/$1" ] && [ ! -L "$release/$1" ]; then
		# A copy that died half way has the temporary name, so it is never taken for the directory.
		cp -Rp "$release/$1" "$new" || refuse 92 "shared/$1 cannot be filled from the release"
	else
		mkdir "$new" || refuse 92 "shared/$1 cannot be made"
	fi
	mv "$new" "shared/$1" || refuse 92 "shared/$1 cannot be made"
}

# printf is the shell's own: the content is in no argument list.
write_secret() {
	target=$secrets/$1
	(
		umask 077
		mkdir -p "${target%/*}" && printf '%s' "$2" >"$target.new" && mv -f "$target.new" "$target"
	) || refuse 92 "the secret file $1 cannot be written"
}

cd "$1/" || exit 92
release=releases/$2 secrets=.slipway/secrets/$2
shift 2
[ -d "$release" ] || refuse 91 "$release does not exist"
umask 022

check "$@"
while [ "$#" -ge 4 ]; do
	case $1 in
	dir) share "$2" "$4" ;;
	secret) write_secret "$2" "$4" ;;
	esac
	place "$2" "$3"
	shift 4
done
