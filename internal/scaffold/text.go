package scaffold

import (
	"fmt"
	"strings"

	"github.com/slipway/slipway/internal/yamlfile"
)

// lines are a text that is written line by line.
type lines struct{ strings.Builder }

func (l *lines) add(format string, args ...any) {
	_, _ = fmt.Fprintf(l, format+"\n", args...) // a Builder takes everything
}

// kind is what tells one repository of a kind from another, and writes what of the deploy file depends on that.
type kind interface {
	deployFile(w *lines, o Options)
}

// Files are the texts of the deploy file and the workflow, by their paths.
func (a *Application) Files(o Options) map[string]string {
	var file lines
	file.add("# yaml-language-server: $schema=https://raw.githubusercontent.com/slipway/slipway/v1/slipway.schema.json")
	file.add("app: %s", yamlfile.Word(o.App))
	file.add("artifact: release.tar")
	file.add("deploy_path: %s", yamlfile.Word(o.DeployPath))
	a.kind.deployFile(&file, o)
	return map[string]string{DeployFile: file.String(), Workflow: a.workflow(o)}
}

// where is the part of the deploy file that says which hosts there are.
func (l *lines) where(o Options) {
	l.add("")
	l.add("environments:")
	l.add("  %s:", yamlfile.Word(o.Environment))
	l.add("    hosts: %s", list(o.Hosts))
}

// workflow is the workflow that builds, packs and deploys.
func (a *Application) workflow(o Options) string {
	var w lines
	environment := yamlfile.Word(o.Environment)
	w.add("name: deploy")
	w.add("on:")
	w.add("  push: {branches: [%s]}", yamlfile.Word(o.Branch))
	w.add("  workflow_dispatch:")
	w.add("permissions: {contents: read}")
	w.add("concurrency: {group: %s}", environment)
	w.add("jobs:")
	w.add("  deploy:")
	w.add("    runs-on: ubuntu-latest")
	w.add("    environment: %s", environment)
	w.add("    steps:")
	w.add("      - uses: actions/checkout@v5")
	for _, job := range a.Build {
		if job.Uses != "" {
			w.add("      - uses: %s", job.Uses)
			w.add("        with: {%s: %s}", job.With, job.File)
		} else {
			w.add("      - run: %s", yamlfile.Word(job.Run))
		}
	}
	for _, command := range a.Pack() {
		w.add("      - run: %s", yamlfile.Word(command))
	}
	w.add("      - uses: slipway/slipway@v1")
	w.add("        with:")
	w.add("          environment: %s", environment)
	w.add("          ssh_key: ${{ secrets.SSH_KEY }}")
	w.add("          known_hosts: ${{ vars.KNOWN_HOSTS }}")
	if len(a.Secrets) > 0 {
		w.add("          secrets: |")
	}
	for _, s := range a.Secrets {
		if s.File {
			w.add("            %s<<END-OF-%[1]s", s.Name)
			w.add("            ${{ secrets.%s }}", s.Name)
			w.add("            END-OF-%s", s.Name)
		} else {
			w.add("            %s=${{ secrets.%[1]s }}", s.Name)
		}
	}
	return w.String()
}

// list is a list of texts in one line of YAML.
func list(texts []string) string {
	items := make([]string, len(texts))
	for i, text := range texts {
		items[i] = yamlfile.Word(text)
	}
	return "[" + strings.Join(items, ", ") + "]"
}
