# Marks a release. One that is verified after all loses the marks bad and failed.
#
# $1      the deploy path
# $2      the release's ID
# $3      the mark: verified, bad or failed
LC_ALL=C
export LC_ALL
set -eu
umask 077
mark=$3
cd "$1/.slipway/releases/$2"
true >"$mark"
if [ "$mark" = verified ] && { [ -e bad ] || [ -e failed ]; }; then
	rm -f bad failed
fi
