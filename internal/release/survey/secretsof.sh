# Tells the hashes of the secret files of releases, each list ended by a NUL. Changes nothing.
#
# $1      the deploy path
# $2...   the releases' IDs; '' for none
#
# The function of secrets.sh stands before it.
LC_ALL=C
export LC_ALL
cd "$1/" || exit 1
shift
for id do
	[ -z "$id" ] || secret_sums "$id"
	printf '\0'
done
