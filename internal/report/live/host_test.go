package live

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// A host that could not be switched back went nowhere, and the verdict does not say that it did.
func TestUnwoundNowhere(t *testing.T) {
	t.Parallel()
	part := func(part deploy.Part, cause string) deploy.Span {
		s := span(deploy.Unwind, string(part), "web2", time.Second)
		s.Part = part
		if cause != "" {
			s.Outcome, s.Err = deploy.Failed, &deploy.Error{Host: "web2", Cause: errors.New(cause)}
		}
		return s
	}
	const before = deploy.ReleaseID("20261119-101500-77aa001-02be44")
	for want, spans := range map[string][]deploy.Span{
		"web2   switch: cannot reach it":                    {part(deploy.PartSwitch, "cannot reach it")},
		"web2   -> " + string(before) + "  restart: exit 7": {part(deploy.PartSwitch, ""), part(deploy.PartRestart, "exit 7")},
	} {
		var v hostVerdicts
		lines := v.lines(deploy.HostDone{Phase: deploy.Unwind, Host: "web2", Release: before, Spans: spans}, false, 5)
		if got := strings.Join(lines, "\n"); !strings.HasSuffix(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
