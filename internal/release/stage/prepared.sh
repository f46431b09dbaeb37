# Writes down what a release holds once its prepare steps are through: what drift is judged by. Contents are not read.
#
# $1      the deploy path
# $2      the release's ID
# $3      a name that nothing else uses
# $4      how large the record may be, in bytes
#
# The function of listing.sh stands before it.
#
# Ends 91 when the release is not there, or has no file left, 92 when the record cannot be written, 93 when it would be too large. There is
# none then.
LC_ALL=C
export LC_ALL
set -u
records=.slipway/releases/$2
new=$records/prepared.$3

refuse() {
	status=$1
	shift
	rm -f "$new"
	printf '%s\n' "$*" >&2
	exit "$status"
}

cd "$1/" || exit 92
if [ ! -e "$records/staged" ] || [ ! -d "releases/$2" ]; then
	refuse 91 "$PWD/releases/$2 is not there any more"
fi
command -v fence >/dev/null || fence() { :; }
umask 077
for record in "$records/prepared" "$records"/prepared.*; do
	[ ! -e "$record" ] || rm -f "$record" || refuse 92 "$PWD/$records cannot be written to"
done
(cd "releases/$2" && listing) | head -c "$4" >"$new" || refuse 92 "$PWD/$new cannot be written"
# Its last line, and behind it that of a file, if there is one. In hexadecimal modes 8 is a file.
found=$(sed -n -e '/^8/h' -e '${' -e p -e g -e p -e '}' "$new")
case $found in
'end 0'* | 'end 1'*) ;;
'end '*) refuse 92 "the files of $PWD/releases/$2 could not all be listed" ;;
*) refuse 93 "the list of the files in $PWD/releases/$2 is larger than $4 bytes" ;;
esac
case $found in
*[0-9]"
8"*) ;;
*) [ ! -s "$records/manifest/sha256" ] || refuse 91 "$PWD/releases/$2 has no file left" ;;
esac
fence rm -f "$new"
mv -f "$new" "$records/prepared" || refuse 92 "$PWD/$records/prepared cannot be written"
