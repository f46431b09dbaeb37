# Prints files of a release, each after a line with its number, counted from 0, and its size in bytes.
#
# $1      the release
# $2      how many bytes a file may have: larger ones are left out
# stdin   the paths, a line each, from the release
LC_ALL=C
export LC_ALL
set -u
cd "$1" || exit 1
number=0
while IFS= read -r path; do
    if [ -f "./$path" ] && [ ! -L "./$path" ]; then
        size=$(stat -c %s "./$path") &&
            [ "$size" -le "$2" ] && echo "$number $size" && head -c "$size" "./$path"
    fi
    number=$((number + 1))
done
exit 0
