package cookbook

import (
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/yamlfile"
)

func TestBashisms(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ script, shell, want string }{
		{"if [[ -f x ]]; then\n  echo\nfi", "sh -eu", "1:4 [[ ]]"},
		{"[[ -f x && -f y ]] || [[ -f z ]]", "sh", "1:1 [[ ]]"},
		{"echo\n  source venv/bin/activate", "sh -eu", "2:3 source"},
		{"function f { echo; }\nf", "sh", ""}, // refused: POSIX does not parse it
		{"function f() { echo; }\nf", "sh", ""},
		{"make &> log", "sh", ""},
		{"make >& log", "sh", "1:6 >&FILE"},
		{"make >&2 2>&1 3>&-; make >&\"$fd\"", "sh", ""},
		{"a[1]=x; echo $[1+1]", "sh", "1:1 NAME[...]=, 1:14 $[ ]"},
		{"((i++))", "sh", "1:1 (( ))"},
		{"let i=1", "sh", "1:1 let"},
		{"declare x=1; typeset y=2", "sh", "1:1 declare, 1:14 typeset"},
		{"mkdir -p public/{css,js}", "sh", "1:10 {a,b}"},
		{"for i in {1..3}; do echo $i; done", "sh", "1:10 {a,b}"},
		{"x+=y", "sh", "1:1 +="},
		{"printf $'a\\n'", "sh", "1:8 $'...'"},
		{`[ "$a" == b ]`, "sh", "1:1 [ a == b ]"},
		{`test "$a" == b`, "sh", "1:1 [ a == b ]"},
		{`echo -e 'a\nb'`, "sh", "1:1 echo -e"},
		{"set -euo pipefail\nfalse | true", "sh", "1:1 set -o pipefail"},
		{"(set -o pipefail) 2>/dev/null && set -o pipefail", "sh", ""},
		{"pushd a; popd", "/bin/sh", "1:1 pushd, 1:10 popd"},
		{"shopt -s nullglob", "dash", "1:1 shopt"},
		{`echo "${BRANCH//\//-} ${X:0:7} ${Y^^} ${!Z}"`, "sh", ""}, // refused as well

		{"[[ -f x ]]; source y", "bash -eu", ""},
		{"import os", "python3", ""},
		{"ssh host 'source x'; bash -c '[[ -f x ]]'", "sh", ""},
		{"source() { . \"$1\"; }\nsource x", "sh", ""},
		{"bash <<'END'\n[[ -f {a,b} ]] && source x\nEND", "sh", ""},
		{"find . -exec rm {} +; git rev-parse 'HEAD^{commit}'; echo '{\"a\":1,\"b\":2}'", "sh", ""},
		{"f() { local x=1; export y=2; readonly z=3; }", "sh", ""},
		{"x={a,b}; echo -n x; [ a = b ]; case $x in a|b) ;; esac", "sh", ""},
		{"cat <<END\n{a,b} [[ x ]]\nEND", "sh", ""},
		{"command -v source >/dev/null", "sh", ""},
	} {
		node := yamlfile.NewText(test.script, deploy.Position{File: "run", Line: 1, Column: 1})
		var got []string
		for _, p := range Bashisms(node, test.shell) {
			at, what, _ := strings.Cut(p.Error(), ": `")
			what, _, _ = strings.Cut(what, "` is bash")
			got = append(got, strings.TrimPrefix(at, "run:")+" "+what)
			if !strings.HasPrefix(p.Hint, "write ") {
				t.Errorf("%q: %s", test.script, p)
			}
		}
		if ScriptProblem(node, test.shell) != nil {
			got = nil
		}
		if strings.Join(got, ", ") != test.want {
			t.Errorf("%q for %s: %q, want %q", test.script, test.shell, strings.Join(got, ", "), test.want)
		}
	}
}
