package stage

import (
	_ "embed"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"slipway/internal/deploy"
	"slipway/internal/release"
	"slipway/internal/secret"
	"slipway/internal/transport"
)

// Links are what a release has from outside of the artifact. Paths are relative to the release, clean.
type Links struct {
	Dirs    []string                 // linked to shared/<path>, made there where missing
	Files   []string                 // linked to shared/<path>, which must be there
	Secrets map[string]secret.Secret // path -> content of a file of mode 0600 that belongs to this release
}

//go:embed link.sh
var linkScript string

var linkReasons = map[int]release.Reason{
	90: {Hint: "put it there on the host, then run the job again"},
	94: {Hint: "put the file there in its place, or list it under `shared.dirs`"},
	91: {Hint: "move it away, or correct `shared` and `secret_files` in the deploy file"},
	93: {Hint: "is the disk there that it lies on? Then look at the links in the deploy path"},
	92: {Hint: "look at the owner and the free space of the deploy path"},
}

// Link links shared directories, shared files and secret files into a staged release, and replaces what the artifact has
// there. Links are relative, so that the deploy path may be moved or be a link itself; where releases/ is a link to another
// disk they are absolute. Each is followed, to see that it leads where it should. A shared directory that does not exist yet
// is filled with what this release has there. Doing it again changes nothing.
func Link(site release.Site, id deploy.ReleaseID, links Links) release.Operation {
	args := []string{site.Root, string(id), site.Mask()}
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
		args = append(args, "secret", p, up(p)+".slipway/secrets/"+string(id)+"/"+p, content)
	}
	for i := 4; i < len(args); i += 4 {
		if p := args[i]; p == "." || !isLocal(p) {
			return release.Invalid("link", fmt.Errorf("%q is no path inside a release", p))
		}
	}
	if len(args) == 3 {
		return release.Operation{Name: "link"}
	}
	return release.Operation{Name: "link", Script: linkScript, Args: args, Reasons: linkReasons, Silence: transport.LongSilence}
}

// isLocal reports whether a path is clean, relative and stays where it starts.
func isLocal(p string) bool {
	return p != "" && path.Clean(p) == p && !path.IsAbs(p) && p != ".." && !strings.HasPrefix(p, "../")
}

// up leads from the folder of a path in a release to the deploy path.
func up(p string) string { return "../../" + strings.Repeat("../", strings.Count(p, "/")) }
