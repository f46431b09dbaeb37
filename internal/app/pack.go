package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/slipway/slipway/internal/artifact/pack"
	"github.com/slipway/slipway/internal/ci"
)

type packCmd struct {
	Dir    string `name:"dir" arg:"optional" help:"The folder to pack." fallback:"."`
	Output string `name:"output" short:"o" default:"release.tar.gz" help:"The tarball: .tar, .tar.gz or .tar.zst."`

	Commit    string   `name:"commit" help:"The commit to write into the tarball, where git archive writes it." fallback:"that of the folder's git checkout, else the CI run's"`
	AllowLink []string `name:"allow-link" help:"An absolute path that links may point to, like /usr/bin/python3."`
}

// Run builds the tarball beside its place and renames it in, so that a reader never sees half of one.
func (c *packCmd) Run(ctx context.Context, a *app) error {
	folder := cmp.Or(c.Dir, a.given.Dir, ".")
	dir, target := a.path(folder), a.path(c.Output)
	encoding, err := pack.EncodingFor(target)
	if err != nil {
		return err
	}
	date, err := pack.SourceDate(a.env.Getenv("SOURCE_DATE_EPOCH"))
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(target), ".slipway-pack-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	err = pack.Folder(ctx, dir, file, pack.Options{
		Encoding: encoding, Time: date, Skip: below(dir, target, file.Name()), AllowLinks: c.AllowLink,
		Revision: cmp.Or(c.Commit, pack.CheckedOut(dir), ci.Detect(a.env.Getenv).SHA),
		Note:     func(text string) { _, _ = fmt.Fprintln(a.env.Stderr, "slipway: "+text) },
	})
	if err := errors.Join(err, file.Chmod(0o644), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), target); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.env.Stdout, "packed %s into %s\n", folder, c.Output)
	return err
}

// below are the paths among names that lie below dir, relative to it, with slashes.
func below(dir string, names ...string) []string {
	var inside []string
	for _, name := range names {
		if rel, err := filepath.Rel(dir, name); err == nil && filepath.IsLocal(rel) {
			inside = append(inside, filepath.ToSlash(rel))
		}
	}
	return inside
}
