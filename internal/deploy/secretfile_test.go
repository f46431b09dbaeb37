package deploy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
)

// A hash of a secret is shown by no way of printing it, nor what holds it.
func TestSecretSumIsHidden(t *testing.T) {
	t.Parallel()
	sum := deploy.SecretSumOf("hunter2")
	facts := deploy.Facts{LiveSecrets: deploy.SecretSums{".env": sum}}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		for _, text := range []string{fmt.Sprintf(format, sum), fmt.Sprintf(format, facts)} {
			if strings.Contains(text, sum.Reveal()[:8]) {
				t.Errorf("%s prints %s", format, text)
			}
		}
	}
	if text := fmt.Sprintf("%#v", sum); text != "***" {
		t.Errorf("as Go it is %s", text)
	}
	if again, ok := deploy.ParseSecretSum(sum.Reveal()); !ok || again != sum {
		t.Errorf("read back as %q, %v", again.Reveal(), ok)
	}
	for _, damaged := range []string{"", "00", sum.Reveal() + "00", "x" + sum.Reveal()[1:]} {
		if _, ok := deploy.ParseSecretSum(damaged); ok {
			t.Errorf("%q is a hash", damaged)
		}
	}
}

func TestSecretChanges(t *testing.T) {
	t.Parallel()
	a, b := deploy.SecretSumOf("a"), deploy.SecretSumOf("b")
	next := deploy.SecretSums{"same": a, "new": a, "other": a}
	var got []deploy.SecretChanges
	for host, live := range []deploy.SecretSums{
		{"same": a, "other": b, "gone": a, "unknown": a}, {"same": a, "other": b, "gone": b, "unknown": b}, nil,
	} {
		got = deploy.AddSecretChanges(got, fmt.Sprint("web", host+1), next.Against(live, "unknown"))
	}
	want := []deploy.SecretChanges{
		{Hosts: []string{"web1", "web2"}, Changed: []string{"new", "other"}, Unchanged: []string{"same"}, Removed: []string{"gone"}, Unknown: []string{"unknown"}},
		{Hosts: []string{"web3"}, Changed: []string{"new", "other", "same"}, Unknown: []string{"unknown"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if list := deploy.AddSecretChanges(nil, "web1", deploy.SecretSums(nil).Against(nil)); list != nil {
		t.Errorf("without secret files: %+v", list)
	}
}
