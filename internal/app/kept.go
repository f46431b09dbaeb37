package app

import (
	"strings"

	"slipway/internal/artifact/cache"
	"slipway/internal/deploy"
)

// What a cache may hold: contents of each application and environment, the live one and those that a rollback or a host that was away may
// make the base of the next, and bytes of all of them.
const (
	keptContents = 3
	keptBytes    = 1_000_000_000
)

// kept is what this runner keeps of deployments; nil where it keeps nothing. What goes wrong with it is a notice.
func (a *app) kept(l launch) *cache.Cache {
	dir := strings.TrimSpace(l.in.CacheDir)
	if dir == "" {
		return nil
	}
	whose := []string{l.run.Server, l.run.RepositoryID, l.cfg.App, l.cfg.Environment}
	limits := cache.Limits{Contents: keptContents, Bytes: keptBytes, Unpacked: l.cfg.MaxSize}
	return cache.Open(a.home(dir), strings.Join(whose, "\x00"), limits, func(text string) {
		l.emit(deploy.Noted{Level: deploy.LevelNotice, Text: text})
	})
}

// isLive reports whether hosts run what was deployed. What is not is hardly the base of a next release, and a job that failed keeps no
// cache.
func isLive(result deploy.Result) bool {
	return result.Outcome == deploy.OutcomeActivated || result.Outcome == deploy.OutcomeUnchanged
}
