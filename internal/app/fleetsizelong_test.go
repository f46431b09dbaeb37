//go:build long

package app_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/slipway/slipway/internal/artifact/pack"
	"github.com/slipway/slipway/internal/sshtest"
	"github.com/slipway/slipway/internal/sshtest/fleet"
)

// A tarball of half a gigabyte for every host of a large fleet: whole at first, then what each host lacks, of three different releases. What
// the program has in memory does not grow with bytes times hosts, what hosts have in common is made once, and hosts with a slow link hold up
// no others.
//
// Each host reads all that it is sent, and decodes it. A hundred gigabytes are not written: files of the first release that do not change
// are links to one set for all hosts, and are hashed once (fleet.Share).
func TestFleetSize(t *testing.T) {
	t.Parallel()
	count, places, files, size := 12, 4, 20, 250_000
	if os.Getenv("SLIPWAY_SCALE") != "" { // make scale
		count, places, files, size = 200, 50, 200, 2_500_000
	}
	s := newSizes(t, count, places, files, size)
	whole, file := int64(files*size), int64(size)

	must(t, s.shared.Whole(true))
	s.release(t)
	first := s.deploy(t, nil)
	s.sent(t, first, func(int) int64 { return whole })
	first.wrote(t, 2) // the tar, and that compressed
	must(t, s.shared.Whole(false))

	// Two thirds of the hosts go on, each third to another release.
	for third := 1; third <= 2; third++ {
		s.release(t, third)
		end := s.deploy(t, func(host int) bool { return host%3 == third })
		s.sent(t, end, func(int) int64 { return file })
		end.wrote(t, 2) // the tar, and one delta
	}

	s.release(t, 1, 2, 3)
	s.slow(t, 1, count-2)
	update := s.deploy(t, nil)
	s.sent(t, update, func(host int) int64 { return []int64{3 * file, 2 * file, 2 * file}[host%3] })
	update.wrote(t, 4) // the tar, and three deltas
	s.heldUp(t)

	again := s.command(t, "deploy", "INPUT_ARTIFACT="+s.tarball, "GITHUB_RUN_ATTEMPT=2")
	again.what += ", again"
	s.sent(t, again, func(int) int64 { return 0 })
	again.wrote(t, 1) // the tar
	for _, end := range []fleetEnd{first, update, again} {
		if end.peak > fleetLimit {
			t.Errorf("%s: peak RSS is %d bytes, over %d", end.what, end.peak, fleetLimit)
		}
		t.Logf("%s: %d hosts in %.1f s, %.1f s of CPU, peak RSS %.1f MiB, %d files of payloads",
			end.what, count, end.took.Seconds(), end.cpu.Seconds(), float64(end.peak)/(1<<20), len(end.kept.names))
	}
	if f := s.fleet; f.Over() > 0 || f.Most() > places {
		t.Errorf("%d connections at a time, and %d more were refused; %d are allowed", f.Most(), f.Over(), places)
	}
}

// sizes is a job that deploys large releases.
type sizes struct {
	*fleetJob
	shared  *fleet.Shared
	tarball string
	seen    string // has a file for each host that has run its step of prepare
	link    slowLink
}

// newSizes starts the hosts. What they share are so many files of a size, which nothing compresses.
func newSizes(t *testing.T, count, places, files, size int) *sizes {
	t.Helper()
	dir := t.TempDir()
	s := &sizes{seen: filepath.Join(dir, "seen"), tarball: filepath.Join(dir, "site.tar.zst")}
	store := filepath.Join(dir, "store")
	must(t, os.MkdirAll(filepath.Join(store, "shared"), 0o755), os.Mkdir(s.seen, 0o755))
	for i := range files {
		must(t, os.WriteFile(sharedFile(store, i), noise(i, size), 0o644))
	}
	s.link.seen = s.seen
	var err error
	s.shared, err = fleet.Share(store)
	must(t, err)
	f, err := fleet.Start(fleet.Options{Dir: t.TempDir(), Count: count, Limit: places, Env: s.shared.Env(), Before: s.link.before})
	must(t, err)
	t.Cleanup(func() { _ = f.Close() })
	s.fleetJob = newFleetJob(t, f, places, size)
	must(t, os.MkdirAll(filepath.Join(s.dir, "site", "shared"), 0o755))
	for i := range files {
		must(t, os.Link(sharedFile(store, i), sharedFile(filepath.Join(s.dir, "site"), i)))
	}
	text := fmt.Sprintf("app: shop\nrollout: {max_parallel: %d}\nprepare: [{name: Prepare, run: %q}]\n"+
		"activate: {restart: {name: Restart, run: ':'}, verify: [{name: Health, run: test -e shared, within: 5m}]}\n", places, `touch '`+s.seen+`'/"$SLIPWAY_HOST"`)
	must(t, os.WriteFile(filepath.Join(s.dir, "slipway.yml"), []byte(text), 0o600))
	return s
}

func sharedFile(above string, i int) string {
	return filepath.Join(above, "shared", fmt.Sprintf("%03d", i))
}

// tries is how often a host is sent a release at most.
const tries = 4

// noise is what a file has. It is no text, and no two are alike.
func noise(seed, size int) []byte {
	bytes := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}).Read(bytes)
	return bytes
}

// release packs a release in which some files are others than in the first.
func (s *sizes) release(t *testing.T, changed ...int) {
	t.Helper()
	site := filepath.Join(s.dir, "site")
	for _, i := range changed {
		must(t, os.Remove(sharedFile(site, i)), os.WriteFile(sharedFile(site, i), noise(1000+i, s.size), 0o644))
	}
	out, err := os.Create(s.tarball)
	must(t, err, pack.Folder(t.Context(), site, out, pack.Options{Encoding: pack.Zstd}), out.Close())
	for _, i := range changed {
		must(t, os.Remove(sharedFile(site, i)), os.Link(sharedFile(filepath.Join(filepath.Dir(s.tarball), "store"), i), sharedFile(site, i)))
	}
}

// deploy deploys the release to hosts, all where nil.
func (s *sizes) deploy(t *testing.T, to func(host int) bool) fleetEnd {
	t.Helper()
	s.runs++
	inputs := []string{"INPUT_ARTIFACT=" + s.tarball}
	if to != nil {
		var names []string
		for i, host := range s.fleet.Hosts {
			if to(i) {
				names = append(names, host.Name)
			}
		}
		inputs = append(inputs, "INPUT_LIMIT="+strings.Join(names, ","))
	}
	return s.command(t, "deploy", inputs...)
}

// sent wants a deployment that went well, and in which each host was sent what it should be: what is said about paths and modes is less than a
// hundredth more, or some kilobytes.
func (s *sizes) sent(t *testing.T, end fleetEnd, want func(host int) int64) {
	t.Helper()
	var result struct {
		Outcome string
		Hosts   []struct {
			Host, Outcome string
			Sent          int64 `json:"sent_bytes"`
		}
	}
	if err := json.Unmarshal([]byte(end.outputs["result"]), &result); err != nil || end.code != 0 || len(result.Hosts) == 0 {
		t.Fatalf("%s: exit %d: %v\n%s", end.what, end.code, err, end.log)
	}
	var all int64
	for _, host := range result.Hosts {
		number, err := strconv.Atoi(strings.TrimPrefix(host.Host, "web"))
		must(t, err)
		least := want(number - 1)
		most := least + least/100 + 32<<10
		if slices.Contains(s.link.hosts, host.Host) {
			most *= tries // where the others take minutes: what does not get on is sent again
		}
		if host.Sent < least || host.Sent > most || host.Sent > 0 && least == 0 {
			t.Errorf("%s: %s was sent %d bytes, wanted %d to %d", end.what, host.Host, host.Sent, least, most)
		}
		all += host.Sent
	}
	t.Logf("%s: %d bytes were sent to %d hosts; the process wrote %d in all", end.what, all, len(result.Hosts), end.kept.wrote)
	// What a connection takes beside that is little, and the files of payloads are as long as the tarball each.
	whole, err := os.Stat(s.tarball)
	must(t, err)
	if most := all + all/50 + int64(len(end.kept.names))*whole.Size()*101/100 + int64(len(result.Hosts))<<20; end.kept.wrote > most {
		t.Errorf("%s: the process wrote %d bytes, and at most %d for what it sent", end.what, end.kept.wrote, most)
	}
}

// slow makes the links of hosts slow, by their places in the fleet.
func (s *sizes) slow(t *testing.T, hosts ...int) {
	t.Helper()
	names, err := os.ReadDir(s.seen)
	must(t, err)
	for _, name := range names {
		must(t, os.Remove(filepath.Join(s.seen, name.Name())))
	}
	for _, i := range hosts {
		s.link.hosts = append(s.link.hosts, s.fleet.Hosts[i].Name)
	}
	s.link.others = len(s.fleet.Hosts) - len(hosts)
	s.link.on.Store(true)
}

// heldUp fails where a host waited for one that is slow.
func (s *sizes) heldUp(t *testing.T) {
	t.Helper()
	s.link.on.Store(false)
	if s.link.mu.Lock(); len(s.link.held) != len(s.link.hosts) || s.link.err != nil {
		t.Errorf("the slow hosts are %q, and what %q were sent waited for the others' prepare; %v", s.link.hosts, s.link.held, s.link.err)
	}
	s.link.mu.Unlock()
}

// slowLink brings nothing of a release before all other hosts have run their step of prepare: where these wait for it, nobody gets on.
type slowLink struct {
	on     atomic.Bool
	hosts  []string
	seen   string
	others int

	mu   sync.Mutex
	held []string
	err  error
}

// heldFor is how long the others may take.
const heldFor = 10 * time.Minute

func (l *slowLink) before(host string, op sshtest.Operation) error {
	if !l.on.Load() || op.Kind != sshtest.Input || utf8.ValidString(op.Detail) || !slices.Contains(l.hosts, host) {
		return nil
	}
	for begun := time.Now(); !l.brings(host, time.Since(begun)); {
		<-time.After(50 * time.Millisecond)
	}
	return nil
}

// brings reports whether a slow host is sent something after it was not for a time: the others have no need to wait any more, or they did.
func (l *slowLink) brings(host string, after time.Duration) bool {
	names, err := os.ReadDir(l.seen)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil && l.err == nil && len(names) < l.others {
		if after < heldFor {
			return false
		}
		err = fmt.Errorf("%d of %d hosts are prepared after %v", len(names), l.others, heldFor)
	}
	if l.err = cmp.Or(l.err, err); !slices.Contains(l.held, host) {
		l.held = append(l.held, host)
	}
	return true
}
