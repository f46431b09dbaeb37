# Prints the manifest of a release, and how those of others differ from it. Of each a line "= <ID>", the entries, a line "-" and the
# hashes; of the others only the lines that they and the first have not both. At the end a line ".". Compressed where the host can.
#
# $1      the folder of the releases' records
# $2      the ID of the first
# $3...   the IDs of the others: one that has no manifest is left out
LC_ALL=C
export LC_ALL
set -u
cd "$1" || exit 1
first=$2/manifest
shift 2
{ [ -f "$first/entries" ] && [ -f "$first/sha256" ]; } || exit 1
manifests() {
    echo "= ${first%/*}" && cat "$first/entries" - "$first/sha256" <<END || return
-
END
    for id do
        { [ -f "$id/manifest/entries" ] && [ -f "$id/manifest/sha256" ]; } || continue
        echo "= $id"
        sort "$first/entries" "$id/manifest/entries" | uniq -u
        echo -
        sort "$first/sha256" "$id/manifest/sha256" | uniq -u
    done
    echo .
}
if command -v gzip >/dev/null 2>&1; then
    manifests "$@" | gzip -1c
else
    manifests "$@"
fi
