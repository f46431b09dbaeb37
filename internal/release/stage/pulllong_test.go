//go:build long

package stage_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/stage"
	"github.com/slipway/slipway/internal/sshtest/origin"
)

// Whatever fetches it, however it is compressed, and whatever its names begin with, a release that is pulled is the same.
func TestPullInEachWay(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		program := map[string]string{"dash": "wget", "ash": "curl", "bash": "curl"}[host.Name]
		for _, c := range []struct {
			encoding, below string
			strip           int
		}{{"gzip", "", 0}, {"none", "./site-1/", 1}, {"zstd", "site-1/", 1}, {"none", "./a/b/", 2}} {
			if c.encoding != "zstd" || host.Zstd {
				host.Site.Root += "x"
				pullAlike(t, host, program, c.encoding, c.below, c.strip)
			}
		}
	})
}

// noisy is a release of so many bytes that do not compress.
func noisy(size int) []member {
	text := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(text) // never fails
	return append(slices.Clone(site), member{name: "noise", content: string(text)})
}

// given is how many bytes of the archive a server has given, and with which statuses.
func (s *served) given(t *testing.T) (bytes int64, statuses []string) {
	t.Helper()
	for _, line := range s.Asked(t) {
		_, rest, _ := strings.Cut(line, `HTTP/`)
		fields := strings.Fields(rest)
		n, err := strconv.ParseInt(fields[2], 10, 64)
		must(t, err)
		bytes += n
		statuses = append(statuses, fields[1])
	}
	return bytes, statuses
}

// What came before a connection was cut is not fetched again.
func TestPullGoesOn(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		program := map[string]string{"dash": "wget", "ash": "curl", "bash": "curl"}[host.Name]
		fetching(t, host, program)
		s := serve(t, plainTar(t, "", noisy(1<<20)), 0)
		s.Trust(t, host.Home)
		open(t, host)
		gate := origin.NewGate(t, s.Addr)
		gate.Most.Store(400 << 10)
		_, err := s.pull(t, host, s.Address(gate.Addr, "archive"))
		must(t, err)
		wantLike(t, host, s.built)
		if _, statuses := s.given(t); !slices.Equal(statuses, []string{"200", "206", "206"}) {
			t.Errorf("the server answered %v", statuses)
		}
	})
}

// What a try that nobody hears any more has fetched is of use to the next one, and nothing of it runs on.
func TestPullIsTakenOver(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		fetching(t, host, "curl")
		s := serve(t, plainTar(t, "", noisy(1<<20)), 0)
		s.Trust(t, host.Home)
		open(t, host)
		gate := origin.NewGate(t, s.Addr)
		gate.Most.Store(600 << 10)
		gate.Hold.Store(true)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ended := make(chan error, 1)
		much := make(chan struct{}, 100)
		op := s.operation(t, host, s.Address(gate.Addr, "archive"), func(done int64) {
			if done > 500<<10 {
				much <- struct{}{}
			}
		})
		go func() { ended <- release.Run(ctx, host, op) }()
		select {
		case <-much:
		case err := <-ended:
			t.Fatal("it is over: ", err)
		}
		cancel()
		if err := <-ended; err == nil {
			t.Fatal("it ended well")
		}
		must(t, os.WriteFile(filepath.Join(host.Site.Root, ".slipway/pulled/another"), []byte("x"), 0o600))
		gate.Most.Store(0)
		_, err := s.pull(t, host, s.Address(gate.Addr, "archive"))
		must(t, err)
		wantLike(t, host, s.built)
		if bytes, statuses := s.given(t); !slices.Contains(statuses, "206") || bytes > 2<<20 {
			t.Errorf("the server answered %v, %d bytes", statuses, bytes)
		}
	})
}

// A try whose connection was lost without the host's knowing is ended by the next one, which goes on with what it has fetched.
func TestPullTwiceAtOnce(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		fetching(t, host, map[string]string{"dash": "wget", "ash": "curl", "bash": "curl"}[host.Name])
		s := serve(t, plainTar(t, "", noisy(1<<20)), 0)
		s.Trust(t, host.Home)
		open(t, host)
		gate := origin.NewGate(t, s.Addr)
		gate.Most.Store(600 << 10)
		gate.Hold.Store(true)
		address := s.Address(gate.Addr, "archive")
		much := make(chan struct{}, 100)
		first := s.operation(t, host, address, func(done int64) {
			if done > 500<<10 {
				much <- struct{}{}
			}
		})
		ended := make(chan error, 1)
		go func() { ended <- release.Run(t.Context(), host, first) }()
		<-much
		gate.Most.Store(0)
		_, err := s.pull(t, host, address)
		must(t, err)
		gate.Release()
		if err := <-ended; err == nil || errors.Is(err, stage.ErrNotPulled) {
			t.Errorf("the first ended with %v", err)
		}
		wantLike(t, host, s.built)
		if _, statuses := s.given(t); !slices.Equal(statuses, []string{"206", "200"}) && !slices.Equal(statuses, []string{"200", "206"}) {
			t.Errorf("the server answered %v", statuses)
		}
	})
}

// A try that fails once another one has the archive leaves it to that.
func TestPullThatFailsBesideAnother(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		fetching(t, host, "curl")
		s := serve(t, plainTar(t, "", site), 0)
		s.Trust(t, host.Home)
		open(t, host)
		must(t, os.WriteFile(filepath.Join(s.Dir, "archive"), bytes.Repeat([]byte("x"), int(s.archive.Size)), 0o600))
		host.Patch = func(script string) string {
			return strings.Replace(script, "\tfound=$(receive", "\techo another >\"$archive.for\"\n\tfound=$(receive", 1)
		}
		if _, err := s.pull(t, host, s.Address(s.Addr, "archive")); !errors.Is(err, stage.ErrNotPulled) {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(host.Site.Root, ".slipway/pulled", string(s.archive.SHA256))); err != nil {
			t.Error(err)
		}
		noRelease(t, host)
	})
}

// A host that cannot pull says why, and has nothing left of it; the address is not in what it says.
func TestPullRefused(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(t *testing.T, host *releasetest.Host, s *served) (address string)
		why   string
		wget  string // with wget, where that says something else
	}{
		"an address that expired": {func(_ *testing.T, _ *releasetest.Host, s *served) string {
			return "https://" + s.Addr + "/archive?" + s.Signed("archive", time.Now().Add(-time.Minute))
		}, "the server answered 403: the address may have expired", ""},
		"what is gone": {func(_ *testing.T, _ *releasetest.Host, s *served) string { return s.Address(s.Addr, "gone") }, "the server answered 404", ""},
		"other bytes": {func(t *testing.T, _ *releasetest.Host, s *served) string {
			must(t, os.WriteFile(filepath.Join(s.Dir, "archive"), bytes.Repeat([]byte("x"), int(s.archive.Size)), 0o600))
			return s.Address(s.Addr, "archive")
		}, "what it was given has another SHA-256: ", ""},
		"more bytes": {func(t *testing.T, _ *releasetest.Host, s *served) string {
			must(t, os.WriteFile(filepath.Join(s.Dir, "archive"), make([]byte, 3<<20), 0o600))
			return s.Address(s.Addr, "archive")
		}, "what it was given has another SHA-256: ", ""},
		"fewer bytes": {func(t *testing.T, _ *releasetest.Host, s *served) string {
			must(t, os.WriteFile(filepath.Join(s.Dir, "archive"), []byte("x"), 0o600))
			return s.Address(s.Addr, "archive")
		}, "the server answered 416", "the server has no more than 1 of "},
		"a certificate of nobody": {func(t *testing.T, host *releasetest.Host, s *served) string {
			must(t, os.Remove(host.Home+"/.curlrc"))
			must(t, os.Remove(host.Home+"/.wgetrc"))
			return s.Address(s.Addr, "archive")
		}, "curl ended 60: (60) SSL certificate problem", "wget ended 5"},
		"a redirect to http": {func(_ *testing.T, _ *releasetest.Host, s *served) string { return s.Address(s.Addr, "unsafe") }, "curl ended 1: (1) Protocol", "the server redirects"},
		"no program": {func(t *testing.T, host *releasetest.Host, s *served) string {
			folder, _, _ := strings.Cut(host.Path, ":")
			_, _ = os.Remove(folder+"/curl"), os.Remove(folder+"/wget")
			if host.Name == "ash" {
				must(t, os.Symlink(needtest.Program(t, "busybox"), folder+"/wget"))
			}
			return s.Address(s.Addr, "archive")
		}, "it has neither curl nor GNU wget", ""},
		"no room": {func(_ *testing.T, _ *releasetest.Host, s *served) string {
			s.archive.Unpacked = 1 << 60
			return s.Address(s.Addr, "archive")
		}, "archive and release need ", ""},
		"a link in its place": {func(t *testing.T, host *releasetest.Host, s *served) string {
			must(t, os.MkdirAll(host.Site.Root+"/.slipway/pulled", 0o700))
			must(t, os.Symlink(host.Home+"/.curlrc", host.Site.Root+"/.slipway/pulled/"+string(s.archive.SHA256)))
			return s.Address(s.Addr, "gone")
		}, "the server answered 404", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, toolset := range []string{"dash", "ash"} {
				host := releasetest.NewHost(t, toolset)
				program, why := "curl", c.why
				if toolset == "dash" {
					program = "wget"
					if c.wget != "" {
						why = c.wget
					}
				}
				fetching(t, host, program)
				s := serve(t, plainTar(t, "", site), 0)
				s.Trust(t, host.Home)
				open(t, host)
				_, err := s.pull(t, host, c.spoil(t, host, s))
				if !errors.Is(err, stage.ErrNotPulled) || !strings.Contains(err.Error(), why) {
					t.Fatalf("%s: %v, wanted %q", program, err, why)
				}
				if text := fmt.Sprintf("%+v", err); strings.Contains(text, "signature") {
					t.Errorf("it shows the address: %s", text)
				}
				noRelease(t, host)
				if left, _ := filepath.Glob(host.Site.Root + "/.slipway/pulled"); left != nil {
					t.Errorf("left: %v", left)
				}
				stagedAs(t, host, releaseID, s.built)
			}
		})
	}
}

// A redirect is followed by curl, and not by wget; a server that knows no ranges is asked for all of it again.
func TestPullFromOddServers(t *testing.T) {
	t.Parallel()
	host := releasetest.NewHost(t, "dash")
	fetching(t, host, "curl")
	s := serve(t, plainTar(t, "", noisy(1<<20)), 0)
	s.Trust(t, host.Home)
	open(t, host)
	_, err := s.pull(t, host, "https://"+s.Addr+"/moved?"+s.Signed("archive", time.Now().Add(time.Hour)))
	must(t, err)
	wantLike(t, host, s.built)
	host.Site.Root += "2"
	open(t, host)
	gate := origin.NewGate(t, s.Addr)
	gate.Most.Store(400 << 10)
	received := func(int64) { gate.Most.Store(0) }
	must(t, release.Run(t.Context(), host, s.operation(t, host, "https://"+gate.Addr+"/whole", received)))
	wantLike(t, host, s.built)
}

// Object storage with S3's API gives a host what it has an address for that is signed, not changed, and not expired.
func TestPullFromS3(t *testing.T) {
	t.Parallel()
	storage := origin.StartS3(t)
	for _, program := range []string{"curl", "wget"} {
		host := releasetest.NewHost(t, "dash")
		fetching(t, host, program)
		tarball := compressed(t, "zstd", plainTar(t, "site-1/", noisy(1<<20)))
		s := serve(t, tarball, 1)
		storage.Put(t, "site%201.tar.zst", tarball)
		storage.Trust(t, host.Home)
		open(t, host)
		gate := origin.NewGate(t, storage.Addr)
		gate.Most.Store(400 << 10)
		good := storage.Signed(gate.Addr, "site%201.tar.zst", time.Now(), time.Hour)
		for why, address := range map[string]string{
			"the server answered 403: the address may have expired": storage.Signed(gate.Addr, "site%201.tar.zst", time.Now().Add(-2*time.Hour), time.Hour),
			"the server answered 403":                               good[:len(good)-4] + "beef",
		} {
			if _, err := s.pull(t, host, address); !errors.Is(err, stage.ErrNotPulled) || !strings.Contains(err.Error(), why) {
				t.Errorf("%s: %v, wanted %q", program, err, why)
			}
		}
		_, err := s.pull(t, host, good)
		must(t, err)
		wantLike(t, host, s.built)
	}
}

// A disk that gets full while an archive comes is as it was afterwards.
func TestPullFillsTheDisk(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		fetching(t, host, "curl")
		s := serve(t, plainTar(t, "", noisy(2<<20)), 0)
		s.Trust(t, host.Home)
		host.Site.Root = filepath.Join(host.SmallDisk(t, 1<<20, 200), "site")
		host.Patch = func(script string) string { // another one takes the room after it was looked for
			return strings.Replace(script, `[ "${room:-$needed}" -ge "$needed" ]`, "true", 1)
		}
		open(t, host)
		_, err := s.pull(t, host, s.Address(s.Addr, "archive"))
		if !errors.Is(err, stage.ErrNotPulled) || !errors.Is(err, release.ErrNoSpace) {
			t.Fatal(err)
		}
		noRelease(t, host)
		stagedAs(t, host, releaseID, built(t, site))
	})
}
