# Files with a digest in their names that pages of earlier releases ask for: kept for as long as the release that made them is on the host.
# shellcheck disable=SC2154,SC2317

# own_folder DIR says whether a folder is the release's own, and no link out of it.
own_folder() {
	real_=$(readlink -f -- "$1") || return 1
	case $real_ in
	"$(pwd -P)"/*) ;;
	*) return 1 ;;
	esac
}

# begin DIR readies a folder of the release for the files that are made in it: it takes out what an earlier try put there, which may be cut
# off, or copied from earlier releases and not to be taken for this one's own. What the artifact brought stays: the first try lists it, and
# on the disk, since all that is not listed goes.
begin() {
	mkdir -p -- "$1"
	if [ -f "$1/.brought-assets" ]; then
		echo "an earlier try began: $1 is made anew"
		(
			cd -- "$1" || exit
			find . -type f ! -name '.brought-assets*' | awk '
				BEGIN { while ((getline name < ".brought-assets") > 0) brought[name] = 1 }
				!($0 in brought)' | while IFS= read -r name_; do rm -f -- "$name_"; done
		)
	else
		(
			cd -- "$1" || exit
			find . -type f ! -name '.brought-assets*' >.brought-assets.new
			sync .brought-assets.new
			mv -f .brought-assets.new .brought-assets
		)
	fi
}

# digests prints the files of the working directory that a digest names: app-1a2b3c4d.css, app-1a2b3c4d.css.gz. A manifest, which begins
# with a dot, is none.
digests() { find . -type f ! -name '.*' | grep -E -- '[-.][0-9a-f]{8,}[.][^/]*$' | LC_ALL=C sort; }

# note_own DIR writes down which files of a folder this release made, before others are added to them.
note_own() {
	(cd -- "$1" && { digests || true; } >.own-assets.new && mv -f .own-assets.new .own-assets)
}

# keep_earlier DIR adds what the other releases on this host made in that folder, each file by one rename. A file that is there stays. What
# was added to a release is not handed on: with the release that made a file it goes.
keep_earlier() {
	kept_=0
	live_=$(readlink -f -- "$SLIPWAY_CURRENT_PATH") || live_=
	for other_ in "${SLIPWAY_RELEASE_PATH%/*}"/*/; do
		other_=$(readlink -f -- "$other_") || continue
		from_=$other_/$1
		if [ "$other_" = "$(pwd -P)" ] || [ ! -d "$from_" ]; then continue; fi
		if [ -f "$from_/.own-assets" ]; then
			list_=$(cat "$from_/.own-assets")
		elif [ "$other_" = "$live_" ]; then
			# What runs was not made with this recipe: nobody can tell its own files from others.
			list_=$(cd -- "$from_" && digests) || list_=
		else
			continue
		fi
		while read -r name_; do
			if [ -z "$name_" ] || [ -e "$1/$name_" ] || [ ! -f "$from_/$name_" ]; then continue; fi
			case /$name_/ in
			*/../*) continue ;;
			esac
			mkdir -p -- "$1/${name_%/*}"
			cp -p -- "$from_/$name_" "$1/.earlier.new"
			mv -f -- "$1/.earlier.new" "$1/$name_"
			kept_=$((kept_ + 1))
		done <<-LIST
			$list_
		LIST
	done
}
