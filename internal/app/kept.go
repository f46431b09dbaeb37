package app

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/artifact/cache"
	"github.com/slipway/slipway/internal/delivery"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/promotion"
)

// What a cache may hold: contents of each application and environment, the live one and those that a rollback or a host that was away may
// make the base of the next, and bytes of all of them.
const (
	keptContents = 3
	keptBytes    = 1_000_000_000
)

// kept is what this runner keeps of deployments; nil where it keeps nothing. What goes wrong with it is told to notice.
func (a *app) kept(s *session, notice func(text string)) *cache.Cache {
	dir := strings.TrimSpace(s.in.CacheDir)
	if dir == "" {
		return nil
	}
	if a.unseen(a.home(dir)) {
		s.cfg.Remarks = append(s.cfg.Remarks, deploy.Problem{
			At: deploy.InInput("cache_dir", 1, 1), Message: "nothing is kept: a container sees the workspace alone, and `" + dir + "` is not in it", Hint: "name a folder in the workspace",
		})
		return nil
	}
	whose := []string{s.run.Server, s.run.RepositoryID, s.cfg.App, s.cfg.Environment}
	limits := cache.Limits{Contents: keptContents, Bytes: keptBytes, Unpacked: s.cfg.MaxSize}
	return cache.Open(a.home(dir), strings.Join(whose, "\x00"), limits, notice)
}

// unseen reports whether a path is in the runner's work folder, beside the workspace, and this is a container that does not have it: a
// folder that is made there ends with the container.
func (a *app) unseen(path string) bool {
	outside := a.env.Getenv("RUNNER_WORKSPACE")
	if outside == "" || !strings.HasPrefix(path, filepath.Dir(outside)+"/") {
		return false
	}
	_, err := os.Stat(outside)
	return errors.Is(err, fs.ErrNotExist)
}

// isLive reports whether hosts run what was deployed. What is not is hardly the base of a next release, and a job that failed keeps no
// cache.
func isLive(result deploy.Result) bool {
	return result.Outcome == deploy.OutcomeActivated || result.Outcome == deploy.OutcomeUnchanged
}

// oldOf are contents of files that were deployed before. What is damaged is told by the cache, and ends what it gives.
func oldOf(kept *cache.Cache) delivery.Old {
	return func(ctx context.Context, of deploy.Digest, paths []string, most int64) map[string][]byte {
		members, ok := kept.Members(ctx, of, paths, most)
		if !ok {
			return nil
		}
		defer func() { _ = members.Close() }() // it was only read
		return contentsOf(members, most)
	}
}

// contentsOf are the contents of members, of together no more than most bytes, until one cannot be read.
func contentsOf(members *cache.Members, most int64) map[string][]byte {
	found := map[string][]byte{}
	for {
		member, err := members.Next()
		if err != nil {
			return found
		}
		if member.Size > most {
			continue
		}
		text := bytes.NewBuffer(make([]byte, 0, member.Size+bytes.MinRead)) // one that grows takes several times as much
		if _, err := text.ReadFrom(members); err != nil {
			return found
		}
		most -= member.Size
		found[member.Path] = text.Bytes()
	}
}

// recorded are contents of files of the artifact that CI keeps of a release. It is read like any other, and must be the very content that
// hosts have.
func (a *app) recorded(s *session) delivery.Recorded {
	return func(ctx context.Context, by deploy.Provenance, of deploy.Digest, paths []string, most int64) map[string][]byte {
		tarball, err := a.ofRecord(ctx, s, &promotion.Source{Content: of, BuiltBy: by})
		if err != nil {
			return nil // a delta does as well
		}
		defer func() { _ = tarball.Close() }()
		manifest := tarball.Manifest()
		fitting := slices.DeleteFunc(slices.Clone(paths), func(path string) bool {
			member, _ := manifest.Find(path)
			if member.Size > most {
				return true
			}
			most -= member.Size
			return false
		})
		found, err := tarball.Files(ctx, fitting, math.MaxInt64)
		if err != nil {
			return nil
		}
		return found
	}
}
