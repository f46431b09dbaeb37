# Tells the hashes of a release's secret files, for a runner that compares them and prints none. Only the first 200, of at most 1 MiB
# each: others count as not known, and are sent. The working directory is the deploy path.
#
# $1      the release's ID
secret_sums() {
	(
		cd ".slipway/secrets/$1" || exit
		find . -type f -size -1048577c -exec sha256sum {} + | head -n 200
	) 2>/dev/null
}
