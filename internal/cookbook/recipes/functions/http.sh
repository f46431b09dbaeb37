# Requests of recipes, with curl or with either wget.
# shellcheck disable=SC2154,SC2317

# fetch URL prints the answer with its header, and fails where there is none or its status is no success.
fetch() {
	if command -v curl >/dev/null; then
		curl -fsSi --max-time 5 "$1"
	elif command -v wget >/dev/null; then
		wget -q -S -T 5 -O - "$1" 2>&1
	else
		echo "$recipe: there is neither curl nor wget on this host" >&2
		exit 127
	fi
}

answers() { fetch "$1" >/dev/null 2>&1; }

refuses() { ! answers "$1"; }

# names_release URL says whether an answer has the release in its header or body.
names_release() { fetch "$1" 2>/dev/null | grep -qF -- "$SLIPWAY_RELEASE"; }
