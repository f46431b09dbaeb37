// Package scaffold writes the first deploy file and workflow of a repository: it looks at what lies there, and writes
// what fits it. A repository is told by what its files say, not by their names alone.
//
// It reads through an fs.FS and gives text back; it writes nothing, and asks nobody.
package scaffold

import (
	"encoding/json"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/lazyregexp"
)

// The files that are written, from the repository's root.
const (
	DeployFile = "slipway.yml"
	Workflow   = ".github/workflows/deploy.yml"
)

// Pages is where the documents lie, for whoever reads a message in a repository of their own.
const Pages = "https://github.com/slipway/slipway/blob/v1/docs/"

// Examples is where the files for other CIs lie.
const Examples = "https://github.com/slipway/slipway/blob/v1/examples/ci/"

// Application is what a repository holds, as far as its first deploy file must know it.
type Application struct {
	Kind  string   // as people write it
	Page  string   // anchor of its part of docs/init.md
	Signs []string // what told
	Notes []string // what is missing, or left to a person

	Folder  string   // of the repository, what is packed; "" is all of it
	Build   []Job    // what the workflow does before it packs
	Add     []string // files that the build wrote, packed at the release's root
	Append  []string // folders that the build made and git does not hold, as tar takes them
	Secrets []Secret // what the workflow hands over

	kind kind
}

// Job is a step of the workflow: a command, or an action and a file that it is given.
type Job struct{ Run, Uses, With, File string }

// Secret is a secret of the CI's environment. One that is a whole file may have many lines.
type Secret struct {
	Name string
	File bool
}

// Options are what no repository says.
type Options struct {
	App         string
	Environment string
	Branch      string   // a push to it deploys
	Hosts       []string // user@host:port
	DeployPath  string
}

// Look finds out what a repository is. It gives nil where it is nothing that it knows.
func Look(repo fs.FS) *Application {
	for _, look := range []func(tree) *Application{django, rails, laravel, node, static} {
		if found := look(tree{repo}); found != nil {
			return found
		}
	}
	return nil
}

// Branch is the one that deploys: the default branch that git was told of when the repository was cloned, else main or master.
func Branch(repo fs.FS) string {
	t := tree{repo}
	if name, ok := strings.CutPrefix(t.text(".git/refs/remotes/origin/HEAD"), "ref: refs/remotes/origin/"); ok {
		return strings.TrimSpace(name)
	}
	if strings.TrimSpace(t.text(".git/HEAD")) == "ref: refs/heads/master" {
		return "master"
	}
	return "main"
}

// Deploys is a workflow of the repository that uses Slipway already, "" where there is none.
func Deploys(repo fs.FS) string {
	for _, pattern := range []string{".github/workflows/*.yml", ".github/workflows/*.yaml"} {
		names, _ := fs.Glob(repo, pattern) // well-formed
		for _, name := range names {
			if strings.Contains(tree{repo}.text(name), "slipway/slipway@") {
				return name
			}
		}
	}
	return ""
}

// OtherCI is the file by which another CI than GitHub's builds the repository, and the one of examples/ci that deploys there. Both are ""
// where there is none, or a workflow of GitHub's beside it.
func OtherCI(repo fs.FS) (file, example string) {
	t := tree{repo}
	if t.has(".github/workflows") {
		return "", ""
	}
	for _, known := range []struct{ file, example string }{
		{".gitlab-ci.yml", ".gitlab-ci.yml"},
		{".forgejo/workflows", "forgejo.yml"},
		{".gitea/workflows", "gitea.yml"},
		{".woodpecker.yml", ".woodpecker.yml"},
		{".woodpecker.yaml", ".woodpecker.yml"},
		{".woodpecker", ".woodpecker.yml"},
		{".drone.yml", ".drone.yml"},
		{"bitbucket-pipelines.yml", "bitbucket-pipelines.yml"},
		{"Jenkinsfile", "Jenkinsfile"},
	} {
		if t.has(known.file) {
			return known.file, known.example
		}
	}
	return "", ""
}

// Kinds are what Look knows, for people.
const Kinds = "Django, Rails, Laravel, Node, a static site"

// Commands are what CI runs before it deploys: the build, without the actions that set it up, and what makes the tarball.
func (a *Application) Commands() []string {
	var commands []string
	for _, job := range a.Build {
		if job.Run != "" {
			commands = append(commands, job.Run)
		}
	}
	return append(commands, a.Pack()...)
}

// Pack are the commands that make the tarball: of what git holds, then of what the build made.
func (a *Application) Pack() []string {
	is, static := a.kind.(staticFacts)
	if is.Built {
		return []string{"tar --create --file release.tar --directory " + a.Folder + " ."}
	}
	archive := "git archive --output release.tar"
	for _, file := range a.Add {
		archive += " --add-file=" + file
	}
	switch {
	case a.Folder != "":
		archive += " HEAD:" + a.Folder
	case static: // the release is what visitors may fetch
		archive += " HEAD -- . ':(exclude).github' ':(exclude)" + DeployFile + "'"
	default:
		archive += " HEAD"
	}
	commands := []string{archive}
	if len(a.Append) > 0 {
		commands = append(commands, "tar --append --file release.tar "+strings.Join(a.Append, " "))
	}
	return commands
}

// tree is a repository's files. What is not there, or cannot be read, is empty.
type tree struct{ fs.FS }

// maxFile is how much of a file is read: what tells a framework stands in small ones.
const maxFile = 1 << 20

func (t tree) text(name string) string {
	file, err := t.Open(name)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	text, _ := io.ReadAll(io.LimitReader(file, maxFile)) // a folder has no text
	return string(text)
}

func (t tree) has(name string) bool {
	_, err := fs.Stat(t.FS, name)
	return err == nil
}

// first is the first of some paths that is there, "" if none is.
func (t tree) first(names ...string) string {
	at := slices.IndexFunc(names, t.has)
	if at < 0 {
		return ""
	}
	return names[at]
}

// texts is what all files that match a pattern say, one after the other.
func (t tree) texts(patterns ...string) string {
	var all strings.Builder
	for _, pattern := range patterns {
		names, _ := fs.Glob(t.FS, pattern) // the patterns are this package's own, and well-formed
		for _, name := range names[:min(len(names), 100)] {
			all.WriteString(t.text(name) + "\n")
		}
	}
	return all.String()
}

// within is the group of a pattern's first match, "" where it does not match.
func within(pattern *lazyregexp.Regexp, text string) string {
	if found := pattern.FindStringSubmatch(text); found != nil {
		return found[1]
	}
	return ""
}

// packageJSON is what of a package.json matters here.
type packageJSON struct {
	Scripts         map[string]string `json:"scripts"`
	Dependencies    map[string]string `json:"dependencies"`
	DevDependencies map[string]string `json:"devDependencies"`
	Engines         map[string]string `json:"engines"`
}

func (t tree) packageJSON(dir string) (p packageJSON) {
	_ = json.Unmarshal([]byte(t.text(path.Join(dir, "package.json"))), &p) // one that npm cannot read says nothing here
	return p
}

func (p packageJSON) has(name string) bool {
	return p.Dependencies[name] != "" || p.DevDependencies[name] != ""
}
