package report

import (
	"bytes"
	"testing"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/ci/citest"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/golden"
	"github.com/slipway/slipway/internal/secret"
)

func TestProblems(t *testing.T) {
	t.Parallel()
	problems := deploy.Problems{
		{At: deploy.Position{File: "slipway.yml", Line: 7, Column: 3}, Message: `unknown key "hots"`, Hint: "did you mean hosts?"},
		{At: deploy.Position{File: "slipway.yml", Line: 21, Column: 10}, Message: "step \"Migrate\" is no valid shell: 1:7: reached EOF without closing quote '\n##[error]x"},
		{At: deploy.InInput("secrets", 3, 0), Message: "line 3 of `secrets`: continuation of hunter22?", Hint: "use toJSON()"},
	}
	j := newJob(t)
	options := j.options()
	options.Redactor = secret.NewRedactor(secret.New("hunter22"))
	if err := Problems(options, problems); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "testdata/problems.log", j.out.String())
	golden.Check(t, "testdata/problems.md", j.file(t, "GITHUB_STEP_SUMMARY"))
	golden.Check(t, "testdata/problems.outputs", j.file(t, "GITHUB_OUTPUT"))
	if rest, ok := nothingActs(j.file(t, "GITHUB_STEP_SUMMARY")); !ok {
		t.Errorf("outside code there is %q", rest)
	}
	errs := citest.ReadLog(j.out.Bytes()).Named("error")
	if len(errs) != 3 || errs[0].Properties["line"] != "7" || errs[2].Properties["file"] != "" {
		t.Errorf("%+v", errs)
	}
	var out bytes.Buffer
	if err := Problems(Options{Log: ci.NewPlain(&out)}, problems); err != nil {
		t.Fatal(err)
	}
	golden.Check(t, "testdata/problems.txt", out.String())
}
