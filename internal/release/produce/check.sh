# Reports whether a step has made what it says that it produces, and whether that can be brought to other hosts.
#
# $1      the deploy path
# $2      the release's ID
# $3      absolute targets that links may have, a line each
# $4...   paths, relative to the release
#
# Ends 91 when something is missing, 92 when something cannot be brought, 93 when it cannot be read.
LC_ALL=C
export LC_ALL
set -u
allowing "$3"
cd "$1/releases/$2/" || exit 93
shift 3
for path do
	shift
	set -- "$@" "./$path"
done
check_made "$@"
