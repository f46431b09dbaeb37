# Makes another tool's release, which current leads to, one that can be gone back to: a link in releases/ to its folder, with the
# records of a release. Its files stay as they are. An earlier try is gone on with.
#
# $1      the deploy path
# $2      the ID that the release gets
# $3      its activate block
LC_ALL=C
export LC_ALL
set -eu
umask 077
id=$2 block=$3
cd "$1/"
records=.slipway/releases/$id
[ ! -e "$records/staged" ] || exit 0
# The folder itself: links on the way to it may lead elsewhere tomorrow.
folder=$(readlink -f current)
[ -d "$folder" ] || exit 0
here=$(pwd -P) beside=$(cd releases/ && pwd -P)
case $folder in
"$beside"/*) target=${folder#"$beside"/} ;;
"$here"/*)
	target=$folder
	[ "$beside" != "$here/releases" ] || target=../${folder#"$here"/}
	;;
*) target=$folder ;;
esac
mkdir -p "$records"
printf '%s\n' "$block" >"$records/activate.json"
[ ! -L "releases/$id" ] || rm -f "releases/$id"
ln -s "$target" "releases/$id"
true >"$records/verified"
true >"$records/staged"
