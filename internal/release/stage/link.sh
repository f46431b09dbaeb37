# Links what is shared, and secret files, into a release.
#
# $1      the deploy path
# $2      the release's ID
# $3      the umask of what is made in shared/
# $4      the ID of the release that is live, '' for none
# $5...   four for each link:
#           dir    <path> <link text> <temporary path below shared/>
#           file   <path> <link text> ''
#           secret <path> <link text> <content>
#           kept   <path> <link text> <hash of the content, which the live release's secret file has>
#
# Ends 80 when a shared file is missing, 81 when something is in the way, 82 when the host cannot write, 83 when a link leads
# somewhere else, 84 when a shared file is a folder, 85 when a secret file of the live release is not what was said of it.
LC_ALL=C
export LC_ALL
set -u

refuse() {
	status=$1
	shift
	printf '%s\n' "$*" >&2
	exit "$status"
}

# Before anything is changed: is everything there that must be?
check() {
	missing=
	while [ "$#" -ge 4 ]; do
		if [ "$1" = file ] && [ -d "shared/$2" ]; then
			refuse 84 "$PWD/shared/$2 is a folder, and a file belongs there"
		fi
		if [ "$1" = file ] && [ ! -e "shared/$2" ]; then
			missing="$missing shared/$2"
		fi
		shift 4
	done
	[ -z "$missing" ] || refuse 80 "missing:$missing"
}

# Makes the folders above a path in the release. None may be a link: what is put there would land outside of it.
parents() {
	above=$release rest=$1
	while :; do
		case $rest in
		*/*) above=$above/${rest%%/*} rest=${rest#*/} ;;
		*) break ;;
		esac
		[ ! -L "$above" ] || refuse 81 "$above is a link: nothing can be put below it"
		if [ -e "$above" ] && [ ! -d "$above" ]; then
			refuse 81 "$above is a file: nothing can be put below it"
		fi
	done
	[ -d "$above" ] || mkdir -p "$above" || refuse 82 "$above cannot be made"
}

# Puts the link at a path of the release, replaces what the artifact has there, and looks where the link leads.
place() {
	below=$2
	while [ "$below" != "${below#../}" ]; do
		below=${below#../}
	done
	text=$2
	[ -z "$away" ] || text=$root/$below
	if [ ! -L "$release/$1" ] || [ "$(readlink "$release/$1")" != "$text" ]; then
		parents "$1"
		if [ -e "$release/$1" ] || [ -L "$release/$1" ]; then
			rm -rf "${release:?}/$1"
		fi
		ln -s "$text" "$release/$1" || refuse 82 "$release/$1 cannot be linked"
	fi
	# shellcheck disable=SC3013 # dash, ash, ksh and bash have it, and POSIX since 2024
	[ "$release/$1" -ef "$below" ] || refuse 83 "$PWD/$release/$1 leads to $text, which is not $PWD/$below"
}

# Makes a shared directory where there is none, with what the first release has in it.
share() {
	[ ! -d "shared/$1" ] || return 0
	if [ -L "shared/$1" ] && [ ! -e "shared/$1" ]; then
		refuse 83 "shared/$1 leads to $(readlink "shared/$1"), which is not there"
	fi
	if [ -e "shared/$1" ]; then
		refuse 81 "shared/$1 is not a directory"
	fi
	new=shared/$2
	rm -rf "$new"
	mkdir -p "${new%/*}" || refuse 82 "${new%/*} cannot be made"
	if [ -d "$release/$1" ] && [ ! -L "$release/$1" ]; then
		# A copy that died half way has the temporary name, so it is never taken for the directory. The directory is made new, without
		# the rights that it has in the release: shared/ may hand down a default ACL.
		cp -R "$release/$1" "$new" || refuse 82 "shared/$1 cannot be filled from the release"
		open_to_group "$new"
	else
		mkdir "$new" || refuse 82 "shared/$1 cannot be made"
	fi
	mv "$new" "shared/$1" || refuse 82 "shared/$1 cannot be made"
}

# Lets the group write to everything that it may read and the owner may write to, where the group may write to what is made here.
# The umask says whether it may, or a default ACL, whose mask shows as the group's rights.
open_to_group() {
	mkdir "$1.probe" || refuse 82 "$1.probe cannot be made"
	writes=$(find "$1.probe" -prune -perm -020)
	rmdir "$1.probe"
	[ -z "$writes" ] || find "$1" ! -type l -perm -0240 ! -perm -020 -exec chmod g+w {} + ||
		refuse 82 "the rights of $1 cannot be set"
}

# printf is the shell's own, which the survey looks for: the content is in no argument list.
write_secret() {
	target=$secrets/$1
	(
		umask 077
		mkdir -p "${target%/*}" && printf '%s' "$2" >"$target.new" && mv -f "$target.new" "$target"
	) || refuse 82 "the secret file $1 cannot be written"
}

# The copy is what is hashed, and only then it takes its place.
keep_secret() {
	target=$secrets/$1 source=.slipway/secrets/$live/$1
	if [ ! -f "$source" ] || [ -L "$source" ]; then
		refuse 85 "the secret file $1 of $live is not there any more"
	fi
	(
		umask 077
		mkdir -p "${target%/*}" && cat "$source" >"$target.new"
	) || refuse 82 "the secret file $1 cannot be copied"
	sum=$(sha256sum <"$target.new") || refuse 82 "the secret file $1 cannot be read"
	if [ "${sum%% *}" != "$2" ]; then
		rm -f "$target.new"
		refuse 85 "the secret file $1 of $live is another by now"
	fi
	mv -f "$target.new" "$target" || refuse 82 "the secret file $1 cannot be written"
}

root=$1
cd "$root/" || exit 82
release=releases/$2 secrets=.slipway/secrets/$2 live=$4
umask "$3"
shift 4
[ -d "$release" ] || refuse 81 "$release does not exist"
# Where releases/ lies elsewhere, what is above a release is not the deploy path.
away=
# shellcheck disable=SC3013 # as above
[ "$release/../.." -ef . ] || away=yes

check "$@"
while [ "$#" -ge 4 ]; do
	case $1 in
	dir) share "$2" "$4" ;;
	secret) write_secret "$2" "$4" ;;
	kept) keep_secret "$2" "$4" ;;
	esac
	place "$2" "$3"
	shift 4
done
