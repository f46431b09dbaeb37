# Tells how a release differs from what it held once its prepare steps were through; drift.sh says when. Its runner judges: by the times
# alone nobody knows whether a member of the artifact has another content.
#
# Prints "staged <time>", then lines "<of what> <mode> <size> <time of its content> <time of its change> ./<path>", sorted by path. Of
# what: 1 what the release holds now, 2 what it held, 3 what it held and holds (only where 4 follows), and of members of the artifact,
# with - for all else, 4 the content is not the artifact's, 5 it is.
# Then "compared <members>".
#
# The function of listing.sh stands before it. The working directory is the release.
#
# $1      its manifest
# $2      the record of what it held
# $3      its mark `staged`
drift_prepared() {
	printf 'staged '
	stat -c %Y "$3"
	{
		# Lines that stand there once are those of now, twice those of the record, three times those of both.
		{
			listing
			sed p "$2"
		} | sort | uniq -c | sed 's/^ *//'
		[ ! -s "$1/sha256" ] || sha256sum -c "$1/sha256" 2>/dev/null | sed -n \
			-e '/^\\/{' -e 's/^\\//' -e 's/\\\\/\\/g' -e '}' \
			-e 's/^\(.*\): FAILED$/4 - - - - \1/p' -e 's/^\(.*\): OK$/5 - - - - \1/p'
	} | sort -k 6 -k 1,1 | sed -e '/^3 /{' -e '$d' -e N -e '/\n4 /!{' -e '/\n5 /d' -e D -e '}' -e '}'
	printf 'compared '
	sed '$d' "$2" | grep -c ''
}
