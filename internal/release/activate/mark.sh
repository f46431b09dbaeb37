# Marks a release. One that is verified after all loses the marks bad, failed and waiting.
#
# $1      the deploy path
# $2      the release's ID
# $3      the mark: verified, bad, failed or waiting
LC_ALL=C
export LC_ALL
set -eu
umask 077
mark=$3
cd "$1/.slipway/releases/$2"
true >"$mark"
if [ "$mark" = verified ] && { [ -e bad ] || [ -e failed ] || [ -e waiting ]; }; then
	rm -f bad failed waiting
fi
