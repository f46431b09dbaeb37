package config

import (
	"regexp"
	"strconv"
	"strings"

	"slipway/internal/deploy"
	"slipway/internal/yamlfile"
)

// inputLayer is what the inputs say, as the map that a deploy file would hold, so that one decoder judges both. A
// position in it names the input and the line of its text.
func (r *reading) inputLayer() *yamlfile.Node {
	layer := yamlfile.NewMap(deploy.Position{File: "inputs", Line: 1, Column: 1})
	add := func(node *yamlfile.Node, path ...string) {
		for i := len(path) - 1; i >= 0; i-- {
			node = yamlfile.NewMap(node.At, yamlfile.Entry{Key: path[i], At: node.At, Value: node})
		}
		layer = yamlfile.Merge(layer, node)
	}
	for _, plain := range []struct{ key, value string }{
		{"app", r.in.App}, {"artifact", r.in.Artifact}, {"deploy_path", r.in.DeployPath}, {"timeout", r.in.Timeout},
	} {
		if plain.value != "" {
			add(inputText(plain.key, plain.value), plain.key)
		}
	}
	for _, count := range []struct{ key, value string }{
		{"keep_releases", r.in.KeepReleases}, {"strip_components", r.in.StripComponents},
	} {
		if count.value != "" {
			add(inputNumber(count.key, count.value), count.key)
		}
	}
	if r.in.Batch != "" {
		add(inputText("batch", r.in.Batch), "rollout", "batch")
	}
	if r.in.LockWait != "" {
		add(inputText("lock_wait", r.in.LockWait), "rollout", "lock_wait")
	}
	if r.in.Hosts != "" {
		add(inputLines("hosts", r.in.Hosts), "hosts")
	}
	if r.in.SharedDirs != "" {
		add(inputLines("shared_dirs", r.in.SharedDirs), "shared", "dirs")
	}
	if r.in.SharedFiles != "" {
		add(inputLines("shared_files", r.in.SharedFiles), "shared", "files")
	}
	if len(r.inputVars) > 0 {
		add(varsNode(r.inputVars), "vars")
	}
	for _, phase := range []struct{ key, name, script string }{
		{"prepare", "Prepare", r.in.Prepare}, {"migrate", "Migrate", r.in.Migrate},
	} {
		if phase.script != "" {
			script := inputScript(phase.key, phase.script)
			add(yamlfile.NewList(script.At, stepNode(phase.name, "run", script)), phase.key)
		}
	}
	if r.in.Restart != "" {
		add(stepNode("Restart", "run", inputScript("restart", r.in.Restart)), "activate", "restart")
	}
	if r.in.Verify != "" {
		what, kind := inputScript("verify", r.in.Verify), "run"
		if isURL.MatchString(strings.TrimSpace(r.in.Verify)) {
			what, kind = inputText("verify", r.in.Verify), "http"
		}
		add(yamlfile.NewList(what.At, stepNode("Verify", kind, what)), "activate", "verify")
	}
	return layer
}

var isURL = regexp.MustCompile(`^https?://\S+$`)

func inputAt(name string) deploy.Position {
	return deploy.Position{File: "input " + name, Line: 1, Column: 1}
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

// inputLines are the lines of an input, less blank ones and comments.
func inputLines(name, value string) *yamlfile.Node {
	list := yamlfile.NewList(inputAt(name))
	for i, line := range strings.Split(value, "\n") {
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || strings.HasPrefix(trimmed, "#") {
			continue
		}
		at := deploy.Position{File: "input " + name, Line: i + 1, Column: strings.Index(line, trimmed) + 1}
		list.Items = append(list.Items, yamlfile.NewText(trimmed, at))
	}
	return list
}

func stepNode(name, kind string, what *yamlfile.Node) *yamlfile.Node {
	return yamlfile.NewMap(what.At,
		yamlfile.Entry{Key: "name", At: what.At, Value: yamlfile.NewText(name, what.At)},
		yamlfile.Entry{Key: kind, At: what.At, Value: what})
}
