// Package promotion finds what another environment runs, and brings the artifact of it from one of that environment's hosts.
//
// It reads and changes nothing there. It must not know what is deployed where with it.
package promotion

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/slipway/slipway/internal/artifact"
	"github.com/slipway/slipway/internal/artifact/content"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fanout"
	"github.com/slipway/slipway/internal/fleet"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/contents"
)

// Source is what an environment runs on all its hosts.
type Source struct {
	Content  deploy.Digest
	Release  deploy.ReleaseID // of the host that it is brought from
	Revision string           // the commit that it was built of; "" where that is not known
	BuiltBy  deploy.Provenance
	Since    time.Time // when the last of the hosts got it; zero where that is not known
	Places   []Place   // where it lies, one for each host

	host *fleet.Host
}

// Place is where a release lies on a machine.
type Place struct {
	Machine string // deploy.Facts.Machine
	Folder  string // absolute, as Records
	Records string // of what is known of it
}

// Policy is what must be so of the source environment.
type Policy struct {
	Environment string        // its name, for people
	Soak        time.Duration // how long it must have run the release
	Now         time.Time
}

// Find asks hosts which release they run. Its error is a deploy.Errors that says everything that speaks against promoting it.
func Find(ctx context.Context, hosts *fleet.Fleet, of []deploy.Host, policy Policy) (*Source, error) {
	serving := deploy.WithRelease(of)
	var errs deploy.Errors
	for _, h := range serving {
		there := hosts.On(h.Name)
		if there.Span.Err != nil {
			errs = append(errs, there.Span.Err)
		} else if err := judge(there.Facts, policy); err != nil {
			errs = append(errs, deploy.OnHost(h.Name, deploy.Preflight, "", err))
		}
	}
	if len(errs) > 0 {
		return nil, errs
	}
	running := fanout.Do(serving, func(h deploy.Host) (r runs) {
		there := hosts.On(h.Name)
		defer there.Lease(ctx)()
		r.host = there
		r.err = deploy.OnHost(h.Name, deploy.Preflight, "", there.Do(ctx, contents.Digest(there.Site(), there.Facts.CurrentID, &r.content)))
		return r
	})
	return agreed(running, policy)
}

// runs is what a host runs.
type runs struct {
	host    *fleet.Host
	content deploy.Digest // "" where there is no manifest
	err     *deploy.Error
}

// agreed is what all hosts run.
func agreed(running []runs, policy Policy) (*Source, error) {
	var errs deploy.Errors
	var found *Source
	for _, r := range running {
		facts := r.host.Facts
		switch {
		case r.err != nil:
			errs = append(errs, r.err)
			continue
		case r.content == "":
			errs = append(errs, refuse(r.host.Name, fmt.Sprintf("%s has no manifest there: another tool made it", facts.CurrentID), "deploy to "+policy.Environment+" with Slipway first"))
			continue
		case found == nil:
			found = &Source{Content: r.content, Release: facts.CurrentID, Revision: facts.CurrentID.Revision(), host: r.host}
		case found.Content != r.content:
			errs = append(errs, refuse(r.host.Name, fmt.Sprintf("it runs %s, and %s runs %s: another content", facts.CurrentID, found.host.Name, found.Release),
				"bring "+policy.Environment+" to one release first: `slipway join`, or deploy there"))
			continue
		}
		found.Places = append(found.Places, Place{Machine: facts.Machine, Folder: r.host.Site().Release(facts.CurrentID), Records: r.host.Site().Records(facts.CurrentID)})
		if entry, ok := facts.WentLive(facts.CurrentID); ok {
			if entry.Revision != "" {
				found.Revision = entry.Revision
			}
			if found.BuiltBy.IsZero() {
				found.BuiltBy = entry.Provenance
			}
			if entry.At.After(found.Since) {
				found.Since = entry.At
			}
		}
	}
	if len(errs) > 0 {
		return nil, errs
	}
	if found == nil {
		return nil, deploy.Errors{refuse("", policy.Environment+" has no host that gets releases", "")}
	}
	return found, nil
}

// On is a release that a host has.
func On(host *fleet.Host, id deploy.ReleaseID, content deploy.Digest, builtBy deploy.Provenance) *Source {
	return &Source{Content: content, Release: id, BuiltBy: builtBy, host: host}
}

// Host is the name of the host that the artifact is brought from.
func (s *Source) Host() string { return s.host.Name }

// Open brings the artifact to this machine, and reads it: the very content that the hosts run, each hash checked.
func (s *Source) Open(ctx context.Context, options artifact.Options) (*artifact.Artifact, error) {
	manifest, err := s.manifest(ctx)
	if err != nil {
		return nil, err
	}
	sent, err := s.sent(ctx, options, manifest)
	if err != nil {
		return nil, err
	}
	defer func() { _ = sent.Close() }()
	rebuilt, err := os.CreateTemp(options.TempDir, "slipway-promoted-*.tar")
	if err != nil {
		return nil, err
	}
	defer func() { _, _ = rebuilt.Close(), os.Remove(rebuilt.Name()) }()
	if err := artifact.Rebuild(ctx, manifest, sent, options.MaxSize, rebuilt); err != nil {
		return nil, s.changed(err)
	}
	tarball, err := artifact.Open(ctx, rebuilt.Name(), options)
	if err != nil {
		return nil, err
	}
	if tarball.Content() != s.Content {
		return nil, errors.Join(s.changed(errors.New("its files are not those of its manifest any more")), tarball.Close())
	}
	return tarball, nil
}

// changed says that a release is not what was deployed.
func (s *Source) changed(err error) error {
	return &deploy.Error{
		Host: s.host.Name, Phase: deploy.Preflight, Cause: fmt.Errorf("%s cannot be taken from there: %w", s.Release, err),
		Hint: "files of a shared folder, or changed by hand, are not the artifact's any more: name the artifact in `artifact`, or `github_artifact`",
	}
}

func (s *Source) manifest(ctx context.Context) (manifest content.Manifest, err error) {
	defer s.host.Lease(ctx)()
	err = s.host.Do(ctx, contents.Manifest(s.host.Site(), s.Release, &manifest))
	return manifest, err
}

// sent is what the host sends of the files, in a temporary file, read from its beginning.
func (s *Source) sent(ctx context.Context, options artifact.Options, manifest content.Manifest) (*os.File, error) {
	var paths []string
	for member := range manifest.Members() {
		if member.Kind != content.Dir {
			paths = append(paths, member.Path)
		}
	}
	file, err := os.CreateTemp(options.TempDir, "slipway-sent-*")
	if err != nil {
		return nil, err
	}
	_ = os.Remove(file.Name()) // it lives as long as it is open
	defer s.host.Lease(ctx)()
	err = s.host.Do(ctx, contents.Archive(s.host.Site(), s.Release, paths, options.MaxSize, func() (release.Output, error) {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		return output{file}, file.Truncate(0)
	}))
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// output takes what one try sends.
type output struct{ *os.File }

// End has nothing to add.
func (output) End(err error) error { return err }
