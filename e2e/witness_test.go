//go:build e2e

package e2e

import (
	"context"
	"strings"
	"testing"
)

// witness is shell that looks at `current` about three times a second, as long as the host lives. $1... are what a complete release
// has. What it saw that may never be is in /tmp/seen; /tmp/looks counts.
const witness = `cd /srv/www/broken_brackets || exit
n=0
while :; do
	n=$((n + 1))
	here=$(readlink current) || here=
	missing=
	for file in "$@"; do
		[ -e "$here/$file" ] || missing="$missing $file"
	done
	[ -e ".slipway/$here/staged" ] || missing="$missing staged"
	if [ -n "$missing" ] && [ "$(readlink current)" = "$here" ]; then
		echo "current names '$here', which lacks$missing" >>/tmp/seen
	fi
	echo "$n" >/tmp/looks
	sleep 0.3
done`

// watch has a host's `current` looked at from now on.
func (f *Fleet) watch(ctx context.Context, t *testing.T, host string) {
	t.Helper()
	args := []string{"exec", "--detach", "--user", "deploy", f.container(host), "sh", "-c", witness, "witness", "public/version.txt"}
	if host != "files1" {
		args = append(args, "venv/bin/python", "static/puzzles", "manage.py", ".env")
	}
	run(ctx, t, "docker", args...)
}

// checkSeen looks at what the witness of each host saw since the last time.
func (f *Fleet) checkSeen(ctx context.Context, t *testing.T) {
	t.Helper()
	for _, host := range hosts {
		seen := f.On(ctx, t, host, "cat /tmp/looks; cat /tmp/seen 2>/dev/null; rm -f /tmp/looks /tmp/seen")
		looks, violations, _ := strings.Cut(seen, "\n")
		if looks == "" {
			t.Errorf("%s: nobody looked", host)
		}
		if violations != "" {
			t.Errorf("%s: at one of %s looks: %s", host, looks, violations)
		}
	}
}
