package plan

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"al.essio.dev/pkg/shellescape"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
)

// judge says everything that keeps a host from taking part, as findings that fail.
func judge(p *Plan, target deploy.Host, f deploy.Facts) []deploy.Finding {
	var found []deploy.Finding
	add := func(check, cause, hint string) { found = append(found, fail(target.Name, check, cause, hint)) }
	if f.LayoutFormat > release.Format {
		add(deploy.CheckLayout, fmt.Sprintf("the layout in %s/.slipway is of format %d, newer than this Slipway knows (%d)", target.DeployPath, f.LayoutFormat, release.Format),
			"deploy with the newer Slipway that wrote it")
	}
	missing := func(tool string) bool { _, ok := f.Tools[tool]; return !ok }
	if tools := slices.DeleteFunc(slices.Clone(release.Required), func(tool string) bool { return !missing(tool) }); len(tools) > 0 {
		add(deploy.CheckTools, strings.Join(tools, ", ")+" missing", "install coreutils, findutils, sed, grep and tar, or BusyBox with these applets")
	}
	if missing("zstd") && missing("gzip") && !target.NoRelease {
		add(deploy.CheckTools, "neither zstd nor gzip is there to unpack the artifact", "install one of them")
	}
	if f.ReadOnly && len(f.Unwritable) > 0 {
		add(deploy.CheckRights, f.Unwritable[0]+" is mounted read-only", "find out why (`dmesg`: the kernel does so after a disk error), then `mount -o remount,rw` it")
		f.Unwritable = nil
	}
	for _, folder := range f.Unwritable {
		add(deploy.CheckRights, fmt.Sprintf("%s may not write to %s", f.User, folder), "give the deploy path to the deploy user: docs/secure-hosts.md")
	}
	found = append(found, p.lacking(target, f)...)
	if target.NoRelease {
		return found
	}
	if err := f.Owner.Refuse(target.DeployPath, p.Owner(), p.ReplaceApp); err != nil && p.App != "" && !p.Reconcile {
		add(deploy.CheckOwner, err.Cause.Error(), err.Hint)
	}
	if p.Upkeep() {
		return found
	}
	if f.Current == deploy.CurrentDirectory {
		current := path.Join(target.DeployPath, "current")
		add(deploy.CheckCurrent, current+" is a real directory, not a link", fmt.Sprintf("convert it once: `cd %s && mkdir -p releases && mv current releases/before-slipway && ln -s releases/before-slipway current`",
			shellescape.Quote(target.DeployPath)))
	}
	if f.Current == deploy.CurrentFile {
		add(deploy.CheckCurrent, path.Join(target.DeployPath, "current")+" is a file, not a link", "look who made it, and move it away: Slipway makes the link")
	}
	if p.Reconcile {
		return found // no more is needed to bring a host back
	}
	for _, file := range f.SharedFolders {
		add(deploy.CheckShared, path.Join(target.DeployPath, "shared", file)+" is a folder, and a file belongs there", "put the file there in its place, or list it under `shared.dirs`")
	}
	for _, file := range f.MissingShared {
		add(deploy.CheckShared, fmt.Sprintf("shared file %s is missing", path.Join(target.DeployPath, "shared", file)), "put it there once, or drop it from `shared.files`")
	}
	if !p.brings() {
		if r, _ := f.Release(p.Release); !whole(r) {
			own := map[string]deploy.Facts{target.Name: f}
			add(deploy.CheckLayout, fmt.Sprintf("release %s is not there", p.Release), "choose one that every host keeps; here: "+describe(common(own), own))
		}
	}
	return found
}

// judgePath refuses a deploy path that cannot be told from one that was added before.
func judgePath(paths deploy.Paths, target deploy.Host, f deploy.Facts) (found []deploy.Finding) {
	if err := paths.Add(target.Name, f.PathID(target.DeployPath)); err != nil {
		found = append(found, fail(target.Name, deploy.CheckOwner, err.Cause.Error(), err.Hint))
	}
	return found
}

func fail(host, check, cause, hint string) deploy.Finding {
	return deploy.Finding{Host: host, Check: check, State: deploy.FindingFail, Text: cause, Mend: hint}
}

// refusals are findings of a host as the errors of a deployment that they refuse.
func refusals(target deploy.Host, found []deploy.Finding) (errs deploy.Errors) {
	for _, f := range found {
		err := refuse(f.Host, f.Text, f.Mend)
		err.Own = []string{target.DeployPath}
		errs = append(errs, err)
	}
	return errs
}

func refuse(host, cause, hint string) *deploy.Error {
	return &deploy.Error{Op: "preflight", Host: host, Phase: deploy.Preflight, Cause: errors.New(cause), Hint: hint}
}
