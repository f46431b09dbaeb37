# Takes the rights on a folder from all but its owner.
#
# $1      the folder
LC_ALL=C
export LC_ALL
set -eu
chmod 700 "$1/"
