# Names a deployment's release, for all its jobs, where none of them has done so.
#
# $1      the deploy path
# $2      the deployment's ID
# $3      the attempt of the CI run: each may name another release
# $4      the release's ID and the artifact's content digest, separated by a space
# $5      the umask of the deploy path, where it is made
#
# A link is made with its text at once, or not at all, and only once. So the first of two jobs names the release for both, and a job
# that is killed here leaves no name without a release.
#
# Standard output is what the link says then.
LC_ALL=C
export LC_ALL
set -eu
umask "$5"
[ -d "$1" ] || mkdir -p "$1"
cd "$1/"
umask 077
journal=.slipway/deployments/$2
if [ ! -d "$journal" ]; then
	mkdir -p "$journal"
	chmod 700 .slipway
fi
[ -L "$journal/claim-$3" ] || ln -s "$4" "$journal/claim-$3" 2>/dev/null || [ -L "$journal/claim-$3" ] || ln -s "$4" "$journal/claim-$3"
readlink -n "$journal/claim-$3"
