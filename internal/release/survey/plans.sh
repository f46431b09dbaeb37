# Prints the plans of deployments, less what each step is on each host, which is most of them in a large fleet.
#
# $1      the deploy path
# $2...   IDs of deployments
#
# Standard output is records, each ended by a NUL: the ID, a line break, the plan.
LC_ALL=C
export LC_ALL
cd "$1/.slipway/deployments/" 2>/dev/null || exit 0
shift
for id do
	if [ -f "$id/plan.json" ]; then
		printf '%s\n' "$id"
		# Of the lists within a step the first and the last line stay: they are empty then.
		sed -e '/"fingerprints": {$/,/}$/{' -e '/[{}]$/!d' -e '}' -e '/^      "hosts": \[$/,/^      \]/{' -e '/^      [^ ]/!d' -e '}' "$id/plan.json" |
			head -c 1048576 | tr '\000' ' '
		printf '\0'
	fi
done
