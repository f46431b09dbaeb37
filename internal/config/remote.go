package config

import (
	"net/url"
	"path"
	"strings"

	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
)

// Remote is an artifact that is brought from elsewhere. At most one of CI and URL is set.
type Remote struct {
	CI       string        // name of an artifact of CI
	Workflow string        // that built it: its file or name; "" is any
	Ref      string        // of which it was built; "" is the run's commit
	URL      string        // https
	SHA256   deploy.Digest // of what lies there
	Pull     bool          // hosts fetch it by themselves
}

var (
	sha256Digits = lazyregexp.New(`^[0-9a-f]{64}$`)
	oddInRef     = lazyregexp.New(`[\x00-\x20\x7f~^:?*\[\\]|\.\.|//|@\{|^[/-]|[/.]$`) // git-check-ref-format(1)
)

// IsRef reports whether a text may be the name of a branch, tag or commit.
func IsRef(text string) bool { return text != "" && !oddInRef.MatchString(text) }

// remoteArtifact reads the inputs that say where the artifact comes from, and what the deploy file demands of the run that built it.
func (l *loader) remoteArtifact(s keys.Settings, c *Config) {
	p := s.Provenance
	if p.Node != nil {
		c.Provenance = &deploy.ProvenanceRule{Workflow: p.Workflow.V, Branches: texts(p.Branches), Events: texts(p.Events)}
		for _, branch := range p.Branches {
			if _, err := path.Match(branch.V, ""); err != nil {
				l.problem(branch.At(), "", "`%s` is no pattern of branches", branch.V)
			}
			if strings.HasPrefix(branch.V, "refs/") {
				l.problem(branch.At(), "write the branch's name alone", "`%s` is a whole ref", branch.V)
			}
		}
	}
	l.attestation(s, c)
	if l.command == "rollback" || l.command == "promote" {
		return
	}
	r := Remote{
		CI: strings.TrimSpace(l.in.GitHubArtifact), Workflow: strings.TrimSpace(l.in.GitHubArtifactWorkflow), Ref: strings.TrimSpace(l.in.Ref),
		URL: strings.TrimSpace(l.in.ArtifactURL), SHA256: deploy.Digest(strings.ToLower(strings.TrimSpace(l.in.ArtifactSHA256))),
	}
	r.Pull = s.Pull.V && r.URL != ""
	l.alone(r)
	l.url(r)
	if s.Pull.V && r.URL == "" && l.live() {
		l.problem(s.Pull.At(), "set `artifact_url`, or drop it", "`pull` is of what lies at `artifact_url`, and that is not given")
	}
	if oddInRef.MatchString(r.Ref) {
		l.problem(inputAt("ref"), "a branch, a tag, a whole ref like refs/heads/main, or a commit", "`%s` is no ref", r.Ref)
	}
	if r.CI != "" || r.URL != "" {
		c.Remote, c.Artifact, c.ArtifactAt = &r, "", inputAt("github_artifact")
		if r.CI == "" {
			c.ArtifactAt = inputAt("artifact_url")
		}
	}
	if p.Node != nil && r.CI == "" && l.live() && !c.Provenance.Attests() {
		l.problem(p.Node.At, "set `github_artifact` to the name of the artifact; a job that builds and deploys in one run has none yet",
			"`provenance` asks which run built the artifact, and only one that `github_artifact` brings has such a run")
	}
}

// alone refuses sources that stand in each other's way, and inputs that are of a source which is not given.
func (l *loader) alone(r Remote) {
	var given []string
	for _, source := range []struct{ name, value string }{{"artifact", l.in.Artifact}, {"github_artifact", r.CI}, {"artifact_url", r.URL}} {
		if strings.TrimSpace(source.value) != "" {
			given = append(given, "`"+source.name+"`")
		}
	}
	if len(given) > 1 {
		l.problem(inputAt(strings.Trim(given[1], "`")), "keep the one that is meant", "%s are given, and the artifact has one source", strings.Join(given, " and "))
	}
	for _, part := range []struct{ name, value, of, source, hint string }{
		{"ref", r.Ref, "github_artifact", r.CI, "; of a tarball that this job has, `revision` may say the commit"},
		{"github_artifact_workflow", r.Workflow, "github_artifact", r.CI, ""},
		{"artifact_sha256", string(r.SHA256), "artifact_url", r.URL, ""},
	} {
		if part.value != "" && part.source == "" {
			l.problem(inputAt(part.name), "set `"+part.of+"`"+part.hint, "`%s` says which `%s` is meant, and that is not given", part.name, part.of)
		}
	}
	if r.CI != "" && strings.TrimSpace(l.in.Revision) != "" {
		l.problem(inputAt("revision"), "leave it out: `ref` says which commit is meant", "`revision` is of a tarball that this job has, and CI knows of what it built `github_artifact`")
	}
}

// url judges the address, and its digest.
func (l *loader) url(r Remote) {
	if r.URL == "" {
		return
	}
	if u, err := url.Parse(r.URL); err != nil || u.Scheme != "https" || u.Host == "" {
		l.problem(inputAt("artifact_url"), "an address like https://example.com/site.tar.gz", "`artifact_url` is no https address")
	}
	switch {
	case r.SHA256 == "":
		l.problem(inputAt("artifact_url"), "set `artifact_sha256` to its SHA-256, from where it was built (`sha256sum`)", "nobody says which file is meant to lie at `artifact_url`")
	case !sha256Digits.MatchString(string(r.SHA256)):
		l.problem(inputAt("artifact_sha256"), "64 hexadecimal digits, as sha256sum prints them", "`%s` is no SHA-256", r.SHA256)
	}
}

func texts(list []keys.Text) []string {
	var values []string
	for _, t := range list {
		values = append(values, t.V)
	}
	return values
}
