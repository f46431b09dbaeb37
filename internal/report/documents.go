package report

import (
	"bytes"
	"embed"
	"strings"
	"text/template"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/report/outcome"
	"github.com/slipway/slipway/internal/report/outputs"
)

//go:generate go run ./generate ../..

//go:embed *.tmpl
var templates embed.FS

// Generated are the files that are made of the inputs and outputs, by their names below the repository's root.
func Generated() map[string][]byte {
	return map[string][]byte{
		"action.yml":             document("action.yml.tmpl"),
		"docs/inputs-outputs.md": document("inputs-outputs.md.tmpl"),
	}
}

func document(name string) []byte {
	// A single-quoted text of YAML has one sign that means something: its own quote.
	quote := func(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
	t := template.Must(template.New(name).Funcs(template.FuncMap{"quote": quote}).ParseFS(templates, name))
	var out bytes.Buffer
	if err := t.Execute(&out, struct {
		Inputs  []ci.InputDoc
		Outputs []outputs.Doc
		Ends    []outcome.Row
	}{ci.Names(), outputs.Docs(), outcome.All()}); err != nil {
		panic(err) // the template is embedded, and the tests fill it in
	}
	return out.Bytes()
}
