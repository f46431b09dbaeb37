# What the recipes of rails/ share.
# shellcheck disable=SC2154

# find_rails ends the recipe where there is no Rails to run, and sets RAILS_ENV.
find_rails() {
	if ! command -v "$ruby" >/dev/null; then
		echo "$recipe: there is no $ruby on this host; install it, or set \`ruby\`" >&2
		exit 127
	fi
	if [ ! -f "$rails" ]; then
		echo "$recipe: there is no $rails in $(pwd); set \`rails\`, or strip_components if it lies deeper" >&2
		exit 1
	fi
	RAILS_ENV=${environment:-${RAILS_ENV:-production}}
	export RAILS_ENV
}
