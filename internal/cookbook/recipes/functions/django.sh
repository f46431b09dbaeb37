# What the recipes of django/ share.
# shellcheck disable=SC2154

# find_python sets $python where it was not given, and ends the recipe where there is none, or no manage.py.
find_python() {
	if [ -z "$python" ]; then
		python=python3
		if [ -x venv/bin/python ]; then python=venv/bin/python; fi
	fi
	if ! command -v "$python" >/dev/null; then
		echo "$recipe: there is no $python; run python/venv before it, or set \`python\`" >&2
		exit 127
	fi
	if [ ! -f "$manage" ]; then
		echo "$recipe: there is no $manage in $(pwd); set \`manage\`, or strip_components if it lies deeper" >&2
		exit 1
	fi
}
