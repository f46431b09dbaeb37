# Writes files and links of a release to standard output, as tars one behind the other, compressed where the host can: no argument list
# takes all paths, and not every tar reads a list.
#
# $1      the release
# stdin   the members, a line each, as ./<path>
#
# Ends 93 when one cannot be read.
LC_ALL=C
export LC_ALL
set -u
refuse() {
    printf '%s\n' "$*" | tr '\n' ' ' | head -c 600 >&2
    echo >&2
    exit 93
}
cd "$1" || exit 93
# GNU's tar would read backslashes in names as escapes; its own format is what every tar reads, also of long names.
case $(tar --version 2>&1) in
*'GNU tar'*) options='--format=gnu --no-unquote' ;;
*) options= ;;
esac
archives() {
    set --
    while IFS= read -r path; do
        set -- "$@" "$path"
        if [ $# -eq 200 ]; then
            # shellcheck disable=SC2086 # words
            tar $options -cf - "$@" || return
            set --
        fi
    done
    # shellcheck disable=SC2086
    [ $# -eq 0 ] || tar $options -cf - "$@"
}
encode() {
    if command -v gzip >/dev/null 2>&1; then gzip -1c; else cat; fi
}
# The status of a pipe's first program is among what is said, and standard output is the archives' alone.
exec 3>&1 4<&0
said=$({ { archives <&4 || echo "tar ended $?" >&2; } | encode >&3; } 2>&1) || refuse "it cannot be sent: $said"
exec 3>&- 4<&-
case $said in
*'tar ended'*) refuse "it cannot be read to its end: $said" ;;
esac
exit 0
