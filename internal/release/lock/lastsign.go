package lock

import (
	_ "embed"
	"strconv"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/release"
)

//go:embed lastsign.sh
var lastSignScript string

// LastSign asks how long ago the lock's owner gave its last sign of life, by the host's own clock. It is for people: whether an owner is
// dead is judged by watching it (fleetlock.Lives). age stays as it is where the lock was never taken.
func LastSign(site release.Site, age *time.Duration) release.Operation {
	read := func(a release.Answer) error {
		if n, err := strconv.ParseInt(strings.TrimSpace(string(a.Text)), 10, 64); err == nil {
			*age = time.Duration(max(0, n)) * time.Second
		}
		return nil
	}
	return release.Operation{Name: "read lock", Script: functions + lastSignScript, Args: []string{site.Root}, Read: read}
}
