package config

import (
	"strings"

	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/deploy"
)

// produces judges what a step makes for other hosts: where such a step may stand, and which paths may be replaced there.
func (b *builder) produces(s keys.Step, built *deploy.Step) {
	node := s.Node.Get("produces")
	if node == nil {
		return
	}
	switch {
	case built.Phase != deploy.Prepare:
		b.problem(node.At, "move the step to prepare: later, nothing of a release is changed any more", "`produces` means nothing in %s", built.Phase)
	case !built.Once:
		b.problem(node.At, "add `once: true`, or drop it: every host makes its own", "`produces` is for steps that run once")
	case built.Always:
		b.problem(node.At, "drop one of the two: a re-run would replace the files of a release that is live", "a step that always runs cannot have `produces`")
	}
	b.bring(s.Produces, built)
}

// producedBy has the other hosts get what a recipe says that it makes, where a step of prepare that runs once does not say it itself.
func (b *builder) producedBy(made []string, s keys.Step, built *deploy.Step) {
	if len(made) == 0 || built.Phase != deploy.Prepare || !built.Once || built.Always || s.Node.Get("produces") != nil {
		return
	}
	var paths []keys.Text
	for _, p := range made {
		if strings.Contains(p, "${") {
			b.problem(s.Uses.At(), "say it in `produces` of the step", "what `%s` makes is named by a variable, `%s`, which only the host knows", s.Uses.V, p)
			continue
		}
		paths = append(paths, keys.Text{V: p, Node: s.Uses.Node})
	}
	b.bring(paths, built)
}

// bring has the other hosts get paths of the release.
func (b *builder) bring(paths []keys.Text, built *deploy.Step) {
	for _, p := range paths {
		clean, ok := b.inRelease(p, "what a step produces")
		if !ok {
			continue
		}
		if other, what := b.taken(clean, built.Produces); other != "" {
			b.problem(p.At(), "name what lies beside it", "`%s` overlaps `%s` of %s", clean, other, what)
			continue
		}
		built.Produces = append(built.Produces, clean)
	}
	built.Links = b.config.AllowLinks
}

// taken finds what a produced path overlaps: what the step produces besides, or what Slipway lays into each host's release.
func (b *builder) taken(clean string, produced []string) (other, what string) {
	var secret []string
	for _, file := range b.config.SecretFiles {
		secret = append(secret, file.Path)
	}
	for _, list := range []struct {
		paths []string
		what  string
	}{
		{produced, "`produces`"},
		{b.config.SharedDirs, "`shared.dirs`"},
		{b.config.SharedFiles, "`shared.files`"},
		{secret, "`secret_files`"},
	} {
		for _, p := range list.paths {
			if overlap(clean, p) {
				return p, list.what
			}
		}
	}
	return "", ""
}
