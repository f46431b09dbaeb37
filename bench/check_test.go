//go:build bench && linux

package bench

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// checkAll says on which hosts something else runs than what the deployment was to bring. Only where there are none does a time mean
// anything.
func checkAll(contender contender, d deployment) error {
	var all sync.WaitGroup
	var mu sync.Mutex
	var wrong []error
	for at, h := range d.over.hosts {
		all.Go(func() {
			if err := check(contender.root(h.host), d, at == 0); err != nil {
				mu.Lock()
				defer mu.Unlock()
				wrong = append(wrong, fmt.Errorf("on %s: %w", h.name, err))
			}
		})
	}
	all.Wait()
	return errors.Join(wrong...)
}

// check looks at a deploy path: the site is the running release, every byte of it, and each step did its work.
func check(root string, d deployment, migrates bool) error {
	target, err := os.Readlink(filepath.Join(root, "current"))
	if err != nil {
		return err
	}
	id := filepath.Base(target) // some contenders make the link absolute
	release := filepath.Join(root, "releases", id)
	if err := checkFiles(release, d.site); err != nil {
		return err
	}
	left := []string{"bin/restart", "media"} // of Install, and the shared folder
	for _, sheet := range d.site.sheets {
		left = append(left, "static/"+sheet) // of Collect
	}
	for _, name := range left {
		if _, err := os.Stat(filepath.Join(release, name)); err != nil {
			return err
		}
	}
	if running, err := lastLine(filepath.Join(root, "shared/running")); err != nil {
		return err
	} else if running != id {
		return fmt.Errorf("%q was restarted, and not %q", running, id)
	}
	if migrated, err := lastLine(filepath.Join(root, "shared/migrated")); err != nil {
		return err
	} else if ran := migrated == id; ran != migrates && d.scenario != rollback {
		return fmt.Errorf("the migration ran here: %v, wanted %v", ran, migrates)
	}
	// Two, and after a rollback some contenders count the one that was gone back from besides.
	kept, err := filepath.Glob(filepath.Join(root, "releases/*/SHA256SUMS"))
	if err != nil || len(kept) > 3 {
		return errors.Join(err, fmt.Errorf("%d releases are kept, wanted at most 3", len(kept)))
	}
	return nil
}

// checkFiles holds each file of a release against the tarball.
func checkFiles(release string, tarball *site) error {
	for name, want := range tarball.sums {
		content, err := os.ReadFile(filepath.Join(release, name))
		if err != nil {
			return err
		}
		if sha256.Sum256(content) != want {
			return fmt.Errorf("%s has other content than in the tarball", name)
		}
	}
	return nil
}

// lastLine is the last line of a file, "" where there is none.
func lastLine(path string) (string, error) {
	content, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return "", nil
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	return lines[len(lines)-1], err
}
