package stage_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/slipway/slipway/internal/artifact"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/release/stage"
	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/sshtest/origin"
)

// compressed is a text in an encoding.
func compressed(t *testing.T, encoding string, text []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	var in io.WriteCloser
	switch encoding {
	case "none":
		return text
	case "gzip":
		in = gzip.NewWriter(&out)
	case "zstd":
		var err error
		in, err = zstd.NewWriter(&out)
		must(t, err)
	}
	_, err := in.Write(text)
	must(t, errors.Join(err, in.Close()))
	return out.Bytes()
}

// fetching lets a host have a program that fetches: one that keeps what it is called with, and then is the real one.
func fetching(t *testing.T, host *releasetest.Host, program string) (calls func() string) {
	t.Helper()
	log := filepath.Join(host.Home, "calls of "+program)
	script := "#!/bin/sh\nprintf '%s\\n' \"$@\" >>'" + log + "'\nenv >>'" + log + "'\nexec " + needtest.Program(t, program) + " \"$@\"\n"
	folder, _, _ := strings.Cut(host.Path, ":")
	must(t, os.WriteFile(filepath.Join(folder, program), []byte(script), 0o700))
	return func() string { text, _ := os.ReadFile(log); return string(text) }
}

// served is an archive that a server has, and the artifact that it is.
type served struct {
	*origin.Origin
	archive stage.Archive
	built   *artifact.Artifact
}

func serve(t *testing.T, tarball []byte, strip int) *served {
	t.Helper()
	s := &served{Origin: origin.Start(t), built: opened(t, tarball, strip)}
	must(t, os.WriteFile(filepath.Join(s.Dir, "archive"), tarball, 0o600))
	encoding, components, err := s.built.Archive(strip)
	must(t, err)
	s.archive = stage.Archive{SHA256: s.built.SHA256(), Size: s.built.Size(), Encoding: encoding, Strip: components}
	return s
}

// pull has a host pull it from an address, and gives how much of it the host said to have.
func (s *served) pull(t *testing.T, host *releasetest.Host, address string) (received []int64, err error) {
	t.Helper()
	op := s.operation(t, host, address, func(done int64) { received = append(received, done) })
	return received, release.Run(t.Context(), host, op)
}

func (s *served) operation(t *testing.T, host *releasetest.Host, address string, received func(int64)) release.Operation {
	t.Helper()
	listing, err := s.built.Listing(t.Context(), "gzip")
	must(t, err)
	archive := s.archive
	archive.Address = secret.New(address)
	return stage.Pull(host.Site, releaseID, listing, archive, nil, received)
}

// rough is the site as a build may pack it, with other modes than its manifest has, and another order. Its own folder, which may stand
// before it, is a temporary one, closed to others.
var rough = slices.Concat([]member{{name: "group/in", content: "x", mode: 0o664}, {name: "group/", mode: 0o775}, {name: "closed", content: "x", mode: 0o400}}, site)

// A release that a host pulls is the same as one that is sent, whatever unpacks it. Nobody sees the address.
func TestPull(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		pullAlike(t, host, "curl", "gzip", "./", 0)
	})
}

// pullAlike has a host pull an archive of names below a folder, with a program, and holds what it makes of it against what is sent.
func pullAlike(t *testing.T, host *releasetest.Host, program, encoding, below string, strip int) {
	t.Helper()
	calls := fetching(t, host, program)
	printed := filepath.Join(host.Home, "calls of printf")
	host.Patch = func(script string) string { // in some shells it is no builtin
		return `printf() { command printf '%s\n' "$@" >>'` + printed + `'; command printf "$@"; }` + "\n" + script
	}
	defer func() { host.Patch = nil }()
	members := rough
	if strip == 0 {
		members = append([]member{{name: "./", mode: 0o700}}, rough...)
	}
	s := serve(t, compressed(t, encoding, plainTar(t, below, members)), strip)
	s.Trust(t, host.Home)
	open(t, host)
	received, err := s.pull(t, host, s.Address(s.Addr, "archive"))
	must(t, err)
	if len(received) == 0 || received[len(received)-1] != s.archive.Size {
		t.Errorf("it said %v of %d", received, s.archive.Size)
	}
	if seen := calls(); !strings.Contains(seen, "HOME=") || strings.Contains(seen, "archive") || strings.Contains(seen, "signature") {
		t.Errorf("the address may be seen: %s", seen)
	}
	if seen, err := os.ReadFile(printed); err != nil || len(seen) == 0 || bytes.Contains(seen, []byte("signature")) {
		t.Errorf("the address may be seen: %s, %v", seen, err)
	}
	if left, _ := filepath.Glob(host.Site.Root + "/.slipway/pulled"); left != nil {
		t.Errorf("left: %v", left)
	}
	wantLike(t, host, s.built)
}

// What cannot be given to a program safely is given to none.
func TestPullAddresses(t *testing.T) {
	t.Parallel()
	for address, good := range map[string]bool{
		"https://a/b?c=d%20e&f={g}": false, "https://a/b?c=d%20e&f=~g/'h'": true, "http://a/b": false, "https://a/\"\nurl=b": false, "https:///b": false,
		"https://a/\\": false, "https://u:p@a/[1-3]": true,
	} {
		if err := (stage.Archive{Address: secret.New(address)}).Check(); (err == nil) != good {
			t.Errorf("%q: %v", address, err)
		}
	}
	var failure *deploy.Error
	host := releasetest.NewHost(t, "dash")
	err := release.Run(t.Context(), host, stage.Pull(host.Site, releaseID, pack(t, "gzip", site, nil), stage.Archive{Address: secret.New("http://a")}, nil, nil))
	if !errors.Is(err, stage.ErrNotPulled) || !errors.As(err, &failure) {
		t.Error(err)
	}
}
