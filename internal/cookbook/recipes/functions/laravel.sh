# What the recipes of laravel/ share.
# shellcheck disable=SC2154

# find_artisan ends the recipe where there is no artisan to run.
find_artisan() {
	if ! command -v "$php" >/dev/null; then
		echo "$recipe: there is no $php on this host; install it, or set \`php\`" >&2
		exit 127
	fi
	if [ ! -f "$artisan" ]; then
		echo "$recipe: there is no $artisan in $(pwd); set \`artisan\`, or strip_components if it lies deeper" >&2
		exit 1
	fi
}
