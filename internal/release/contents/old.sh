# Prints files of a release, up to a hundred at a time: of each a line with its size and its path, then an empty line, then what is in
# them, one behind the other. What is no file is left out. Compressed where the host can.
#
# $1      the release
# stdin   the paths, a line each, as ./<path>
LC_ALL=C
export LC_ALL
set -u
cd "$1" || exit 1
print() {
    [ $# -eq 0 ] || { stat -c '%s %n' "$@" && echo && cat "$@"; }
}
files() {
    set --
    while IFS= read -r path; do
        { [ -f "$path" ] && [ ! -L "$path" ]; } || continue
        set -- "$@" "$path"
        if [ $# -eq 100 ]; then
            print "$@" || return
            set --
        fi
    done
    print "$@"
}
if command -v gzip >/dev/null 2>&1; then
    files | gzip -1c
else
    files
fi
