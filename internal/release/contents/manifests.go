package contents

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
)

//go:embed manifests.sh
var manifestsScript string

// maxManifest is how large the manifests that a host sends may be together, in bytes: the two files of one of a hundred thousand files
// take some 20 MB.
const maxManifest = 256 << 20

// Manifest asks for the manifest of a release. What is no manifest is an error.
func Manifest(site release.Site, id deploy.ReleaseID, manifest *content.Manifest) release.Operation {
	return manifests("read manifest", site, []deploy.ReleaseID{id}, func(_ deploy.ReleaseID, m content.Manifest) { *manifest = m })
}

// Manifests asks for the manifests of releases that have much in common with the first, which must have one, and adds them to found by
// their content digests. Others that have none are left out.
func Manifests(site release.Site, ids []deploy.ReleaseID, found map[deploy.Digest]content.Manifest) release.Operation {
	return manifests("read manifests", site, ids, func(_ deploy.ReleaseID, m content.Manifest) { found[m.Content()] = m })
}

func manifests(name string, site release.Site, ids []deploy.ReleaseID, found func(deploy.ReleaseID, content.Manifest)) release.Operation {
	args := []string{site.Records("")}
	for _, id := range ids {
		args = append(args, string(id))
	}
	return release.Operation{
		Name: name, Script: manifestsScript, Args: args, Limit: maxManifest, Silence: time.Minute,
		Read: func(a release.Answer) error {
			text, err := unpacked(a.Text, maxManifest)
			if err == nil {
				err = readManifests(text, ids, found)
			}
			if err != nil {
				return fmt.Errorf("the manifest that the host sent cannot be read: %w", err)
			}
			return nil
		},
	}
}

// unpacked is a text that may be compressed, and have no more than most bytes then: hosts without gzip send it as it is.
func unpacked(text []byte, most int64) ([]byte, error) {
	if !bytes.HasPrefix(text, []byte("\x1f\x8b")) {
		return text, nil
	}
	plain, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	all, err := io.ReadAll(io.LimitReader(plain, most+1))
	if err == nil && int64(len(all)) > most {
		err = fmt.Errorf("it is larger than %d bytes", most)
	}
	return all, err
}

var errForm = errors.New("it is not in the form that was asked for")

// readManifests reads what manifests.sh prints, the first of ids first.
func readManifests(text []byte, ids []deploy.ReleaseID, found func(deploy.ReleaseID, content.Manifest)) error {
	text, whole := bytes.CutSuffix(text, []byte("\n.\n"))
	sections := strings.Split("\n"+string(text)+"\n", "\n= ")
	if !whole || sections[0] != "" || len(sections)-1 > len(ids) {
		return errForm
	}
	var first content.Manifest
	for i, section := range sections[1:] {
		name, body, _ := strings.Cut(section, "\n")
		id := deploy.ReleaseID(name)
		entries, sums, ok := strings.Cut("\n"+body, "\n-\n")
		if !ok || !slices.Contains(ids, id) || i == 0 && id != ids[0] {
			return errForm
		}
		entries = strings.TrimPrefix(entries, "\n")
		var m content.Manifest
		var err error
		if i == 0 {
			m, err = content.ReadManifest(strings.NewReader(entries), strings.NewReader(sums))
			first = m
		} else {
			m, err = content.ReadPatched(first, strings.NewReader(entries), strings.NewReader(sums))
		}
		if err != nil {
			return err
		}
		found(id, m)
	}
	if len(sections) == 1 {
		return errForm
	}
	return nil
}
