# PM2 on a recipe's $ecosystem and $app, in current. It needs processes.sh, and node, which PM2 needs, too.
# shellcheck disable=SC2154,SC2317

# find_pm2 goes to current, and ends the recipe where there is no PM2 or nothing for it to read.
find_pm2() {
	cd "$SLIPWAY_CURRENT_PATH" || exit
	if ! command -v "$pm2" >/dev/null; then
		echo "$recipe: there is no $pm2 on this host; install it, or set \`pm2\`" >&2
		exit 127
	fi
	if [ ! -f "$ecosystem" ]; then fail "there is no $ecosystem in the release"; fi
	# shellcheck disable=SC2086,SC2116 # a list of names, in one line
	only=$(echo $app | tr ' ' ',')
}

# each FIELD prints, of every process that PM2 has below the deploy path (of $app, where that is given), its name, state and FIELD of
# the record of `pm2 jlist`, which may follow a line of PM2's greeting.
each() {
	"$pm2" jlist | grep '^\[[]{]' | tail -n 1 | only=$only field=$1 root=$(cd "$SLIPWAY_DEPLOY_PATH" && pwd) node -e '
    const names = (process.env.only || "").split(",").filter(Boolean)
    for (const p of JSON.parse(require("fs").readFileSync(0, "utf8") || "[]")) {
      const env = p.pm2_env || {}
      if (!(String(env.pm_cwd) + "/").startsWith(process.env.root + "/")) continue
      if (names.length && !names.includes(p.name)) continue
      console.log([p.name, env.status, p[process.env.field] ?? env[process.env.field]].join(" "))
    }'
}

# online prints the processes, or nothing where one of them is not online.
online() { each pid | awk '$2 != "online" { exit } { pids = pids $3 "\n"; n++ } END { if (n == NR) printf "%s", pids }'; }

# logs prints the end of what the programs wrote to standard error.
logs() {
	each pm_err_log_path | sort -u -k 3 | while read -r name_ state_ file_; do
		echo "$name_ is $state_"
		if [ -r "$file_" ]; then last_lines "$file_"; fi
	done
}

# lost REASON ends the recipe, with what the programs last said.
lost() {
	logs || true
	fail "$1"
}
