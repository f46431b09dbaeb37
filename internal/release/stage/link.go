package stage

import (
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/transport"
)

// Links are what a release has from outside of the artifact. Paths are relative to the release, clean.
type Links struct {
	Dirs    []string                 // linked to shared/<path>, made there where missing
	Files   []string                 // linked to shared/<path>, which must be there
	Secrets map[string]secret.Secret // path -> content of a file of mode 0600 that belongs to this release

	Live        deploy.ReleaseID  // the release whose secret files are copied where they hold the same; "" is none
	LiveSecrets deploy.SecretSums // what its secret files held when the host was asked
}

// kept reports whether the host has a secret file's content, by the release that is live.
func (l Links) kept(path string) (deploy.SecretSum, bool) {
	sum, there := l.LiveSecrets[path]
	return sum, there && l.Live != "" && sum == deploy.SecretSumOf(l.Secrets[path].Reveal())
}

//go:embed link.sh
var linkScript string

var linkReasons = map[int]release.Reason{
	80: {Hint: "put it there on the host, then run the job again"},
	84: {Hint: "put the file there in its place, or list it under `shared.dirs`"},
	81: {Hint: "move it away, or correct `shared` and `secret_files` in the deploy file"},
	83: {Hint: "is the disk there that it lies on? Then look at the links in the deploy path"},
	82: {Hint: "look at the owner and the free space of the deploy path"},
	85: {Err: errOtherSecret},
}

// Link links shared directories, shared files and secret files into a staged release, and replaces what the artifact has
// there. Links are relative, so that the deploy path may be moved or be a link itself; where releases/ is a link to another
// disk they are absolute. Each is followed, to see that it leads where it should. A shared directory that does not exist yet
// is filled with what this release has there. Doing it again changes nothing.
//
// A secret file that holds what the live release's does is copied from that on the host, verified, and not sent. Where the live one is not
// what it was when the host was asked, all are sent.
func Link(site release.Site, id deploy.ReleaseID, links Links) release.Operation {
	args := []string{site.Root, string(id), site.Mask(), string(links.Live)}
	copies := false
	for _, p := range links.Dirs {
		args = append(args, "dir", p, up(p)+"shared/"+p, path.Join(path.Dir(p), ".slipway-new-"+path.Base(p)))
	}
	for _, p := range links.Files {
		args = append(args, "file", p, up(p)+"shared/"+p, "")
	}
	for _, p := range slices.Sorted(maps.Keys(links.Secrets)) {
		content := links.Secrets[p].Reveal()
		if strings.ContainsRune(content, 0) {
			return release.Invalid("link", fmt.Errorf("the secret file %s has a NUL byte in it, which no shell can write", p))
		}
		to := up(p) + ".slipway/secrets/" + string(id) + "/" + p
		if sum, kept := links.kept(p); kept {
			copies, args = true, append(args, "kept", p, to, sum.Reveal())
		} else {
			args = append(args, "secret", p, to, content)
		}
	}
	for i := firstLink + 1; i < len(args); i += 4 {
		if p := args[i]; p == "." || !isLocal(p) {
			return release.Invalid("link", fmt.Errorf("%q is no path inside a release", p))
		}
	}
	if len(args) == firstLink {
		return release.Operation{Name: "link"}
	}
	op := release.Operation{Name: "link", Script: linkScript, Args: args, Reasons: linkReasons, Silence: transport.LongSilence, Falls: true}
	if copies {
		op.Next = func(err error) (release.Operation, bool) {
			links.Live, links.LiveSecrets = "", nil
			return Link(site, id, links), errors.Is(err, errOtherSecret)
		}
	}
	return op
}

// firstLink is the place of the first link among the arguments.
const firstLink = 4

// errOtherSecret says that the live release's secret file is not what it was when the host was asked.
var errOtherSecret = errors.New("the live release's secret file is another by now")

// isLocal reports whether a path is clean, relative and stays where it starts.
func isLocal(p string) bool {
	return p != "" && path.Clean(p) == p && !path.IsAbs(p) && p != ".." && !strings.HasPrefix(p, "../")
}

// up leads from the folder of a path in a release to the deploy path.
func up(p string) string { return "../../" + strings.Repeat("../", strings.Count(p, "/")) }
