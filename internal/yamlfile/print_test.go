package yamlfile_test

import (
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/yamlfile"
)

const printed = `app: my-site
vars:
  PORT: "8001"
  EMPTY: ""
  VERSION: 1.10
  "on": true
  NOTHING: null
hosts:
  - "deploy@a:22"
  - address: deploy@b
    roles:
      - web
      - worker
    nested:
      - - a
        - b
      - c
shared: {}
skip: []
run: |
  if true; then
    echo  "a: b" # no comment

  fi
one: |-
  a
  b
odd: "  begins with spaces\nand has\tmore"
`

// TestPrint: what is printed reads as what it was.
func TestPrint(t *testing.T) {
	t.Parallel()
	node, problems := yamlfile.Parse("file", []byte(printed))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if diff := cmp.Diff(printed, node.Print()); diff != "" {
		t.Error(diff)
	}
}

// FuzzPrint prints what could be read, and reads that.
func FuzzPrint(f *testing.F) {
	f.Add([]byte(printed), "x")
	f.Add([]byte("a: [1, {b: c}]\n'': ~"), "- #")
	for _, text := range []string{"", "a: b", "a ", "...", "---", "on", "1", "0x1", ".5", ".inf", "./x", "~", "é", "a\nb\n\n", "\n", " a\nb", "a #b", "=", "a:", "%x", "\u2028", "\x00", "x\r\n"} {
		f.Add([]byte("a: b"), text)
	}
	f.Fuzz(func(t *testing.T, file []byte, text string) {
		node, problems := yamlfile.Parse("file", file)
		if node == nil || len(problems) > 0 || !utf8.ValidString(text) {
			return
		}
		node = yamlfile.NewMap(deploy.Position{}, yamlfile.Entry{Key: "file", Value: node}, yamlfile.Entry{Key: "text", Value: yamlfile.NewText(text, deploy.Position{})},
			yamlfile.Entry{Key: "list", Value: yamlfile.NewList(deploy.Position{}, yamlfile.NewText(text, deploy.Position{}))})
		again, problems := yamlfile.Parse("printed", []byte(node.Print()))
		if len(problems) > 0 {
			t.Fatalf("%v\n%s", problems, node.Print())
		}
		if diff := cmp.Diff(node, again, cmpopts.IgnoreUnexported(yamlfile.Node{}), cmpopts.IgnoreTypes(deploy.Position{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s\n%s", diff, node.Print())
		}
	})
}
