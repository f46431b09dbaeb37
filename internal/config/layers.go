package config

import (
	"slices"
	"strconv"
	"strings"

	"github.com/slipway/slipway/internal/config/assignments"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
	"github.com/slipway/slipway/internal/yamlfile"
)

// inputLayer is what the inputs say, as the map that a deploy file would hold, so that one decoder judges both. A
// position in it names the input and the line of its text.
func (l *loader) inputLayer() *yamlfile.Node {
	layer := yamlfile.NewMap(deploy.Position{File: "inputs", Line: 1, Column: 1})
	add := func(node *yamlfile.Node, path ...string) {
		for i := len(path) - 1; i >= 0; i-- {
			node = yamlfile.NewMap(node.At, yamlfile.Entry{Key: path[i], At: node.At, Value: node})
		}
		layer = yamlfile.Merge(layer, node)
	}
	for _, plain := range []struct{ key, value string }{
		{"app", l.in.App},
		{"artifact", l.in.Artifact},
		{"deploy_path", l.in.DeployPath},
		{"timeout", l.in.Timeout},
		{"max_size", l.in.MaxSize},
		{"otel_endpoint", l.in.OtelEndpoint},
	} {
		if plain.value != "" {
			add(inputText(plain.key, plain.value), plain.key)
		}
	}
	for _, count := range []struct{ key, value string }{
		{"keep_releases", l.in.KeepReleases}, {"strip_components", l.in.StripComponents},
	} {
		if count.value != "" {
			add(inputNumber(count.key, count.value), count.key)
		}
	}
	if l.in.Pull != "" {
		add(inputBoolean("pull", l.in.Pull), "pull")
	}
	if l.in.Batch != "" {
		add(inputText("batch", l.in.Batch), "rollout", "batch")
	}
	if l.in.LockWait != "" {
		add(inputText("lock_wait", l.in.LockWait), "rollout", "lock_wait")
	}
	if l.in.BandwidthLimit != "" {
		add(inputText("bandwidth_limit", l.in.BandwidthLimit), "rollout", "bandwidth_limit")
	}
	if l.in.HostsFrom != "" {
		add(inputText("hosts_from", l.env.Inside(strings.TrimSpace(l.in.HostsFrom))), "hosts_from")
	}
	if strings.TrimSpace(l.in.SSHCertificateFrom) != "" && !l.hasOwnIssuer() {
		if node := l.inputMap("ssh_certificate_from", l.in.SSHCertificateFrom, "a map like {vault: https://vault.example.com, role: deploy}"); node != nil {
			add(node, "ssh_certificate_from")
		}
	}
	if l.in.Hosts != "" {
		add(l.inputHosts("hosts", l.in.Hosts), "hosts")
	}
	if l.in.SharedDirs != "" {
		add(l.inputPaths("shared_dirs", l.in.SharedDirs), "shared", "dirs")
	}
	if l.in.SharedFiles != "" {
		add(l.inputPaths("shared_files", l.in.SharedFiles), "shared", "files")
	}
	if len(l.inputVars) > 0 {
		add(varsNode(l.inputVars), "vars")
	}
	for _, phase := range []struct{ key, name, script string }{
		{"prepare", "Prepare", l.in.Prepare}, {"migrate", "Migrate", l.in.Migrate},
	} {
		if phase.script != "" {
			script := inputScript(phase.key, phase.script)
			add(yamlfile.NewList(script.At, stepNode(phase.name, "run", script)), phase.key)
		}
	}
	if l.in.Restart != "" {
		add(stepNode("Restart", "run", inputScript("restart", l.in.Restart)), "activate", "restart")
	}
	if l.in.Verify != "" {
		what, kind := inputScript("verify", l.in.Verify), "run"
		if trimmed := strings.TrimSpace(l.in.Verify); isURL.MatchString(trimmed) {
			what, kind = inputText("verify", l.in.Verify), "http"
		} else if likeURL.MatchString(trimmed) {
			l.problem(inputAt("verify"), "one URL, which begins with http:// or https://; several checks stand in the deploy file", "`verify` is neither a URL nor a script")
		}
		check := yamlfile.NewMap(what.At, yamlfile.Entry{Key: kind, At: what.At, Value: what})
		add(yamlfile.NewList(what.At, check), "activate", "verify")
	}
	return layer
}

// joined refuses settings of a plugin that may have been a list, which the CI joined by commas: which commas were its own nobody
// can tell.
func (l *loader) joined() {
	for doc, value := range l.in.All() {
		script := slices.Contains([]string{"prepare", "migrate", "restart", "verify"}, doc.Name)
		if l.in.Joined(doc.Name, *value) && (script || doc.Name == "secrets" && nextSecret.MatchString(*value)) {
			l.problem(inputAt(doc.Name), "write it as a block of lines, `"+doc.Name+": |`, or secrets as a map",
				"`%s` may be a list that the CI joined by commas, or a text that holds some", doc.Name)
		}
	}
}

var nextSecret = lazyregexp.New(`^[^[].*,\s*[A-Za-z_][A-Za-z0-9_]*=`)

var (
	isURL   = lazyregexp.New(`(?i)^https?://\S+$`)
	likeURL = lazyregexp.New(`^["']?([A-Za-z]+://|localhost([:/]|$)|www\.)|^((GET|HEAD) )?[A-Za-z0-9.-]+:[0-9]+(/\S*)?$|^(GET|HEAD) [a-z]+://`)
)

func inputAt(name string) deploy.Position {
	return deploy.InInput(name, 1, 1)
}

func inputText(name, value string) *yamlfile.Node {
	return yamlfile.NewText(strings.TrimSpace(value), inputAt(name))
}

func inputScript(name, value string) *yamlfile.Node {
	return yamlfile.NewText(strings.ReplaceAll(value, "\r\n", "\n"), inputAt(name))
}

func inputNumber(name, value string) *yamlfile.Node {
	node := inputText(name, value)
	if _, err := strconv.Atoi(node.Text); err == nil {
		node.Kind = yamlfile.Number
	}
	return node
}

func inputBoolean(name, value string) *yamlfile.Node {
	node := inputText(name, value)
	if node.Text == "true" || node.Text == "false" {
		node.Kind = yamlfile.Boolean
	}
	return node
}

func stepNode(name, kind string, what *yamlfile.Node) *yamlfile.Node {
	return yamlfile.NewMap(what.At,
		yamlfile.Entry{Key: "name", At: what.At, Value: yamlfile.NewText(name, what.At)},
		yamlfile.Entry{Key: kind, At: what.At, Value: what})
}

// varsNode is the input vars as the map that the deploy file would hold.
func varsNode(found []assignments.Assignment) *yamlfile.Node {
	m := yamlfile.NewMap(deploy.InInput("vars", 1, 1))
	for _, a := range found {
		m.Entries = append(m.Entries, yamlfile.Entry{Key: a.Name, At: a.At, Value: yamlfile.NewText(a.Value, a.At)})
	}
	return m
}
