package notify

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/slipway/slipway/internal/ci"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/golden"
	"github.com/slipway/slipway/internal/secret"
)

// nasty is a text that means something to every service.
const nasty = `<!channel> @everyone <@U1> *b* _i_ ~s~ ` + "`c`" + ` [l](https://evil.example) # h | :x: & <at>a</at> **x** \`

func failedResult() deploy.Result {
	return deploy.Result{
		Header: deploy.Header{
			Command: "deploy", App: "shop", Environment: "production", Deployment: "412-deploy-deploy-abc", Attempt: 2, Actor: "anna " + nasty,
			Revision: "1a2b3c4d5e6f1a2b3c4d5e6f1a2b3c4d5e6f1a2b", Release: "20261121-073000-1a2b3c4-9f3c51",
			RunURL: "https://ci.example.com/run/412", Hosts: []string{"web1", "web2"},
		},
		Outcome: deploy.OutcomeUnwound, ExitCode: deploy.ExitUnwound, Start: time.Unix(1795000000, 0), Duration: 21 * time.Second,
		Failed: deploy.Activate, Step: "verify Health",
		Hosts: []deploy.HostResult{
			{Host: "web1", Outcome: deploy.HostUnwound, Before: "20261119-101500-77aa001-02be44", Now: "20261119-101500-77aa001-02be44"},
			{Host: "web2", Outcome: deploy.HostUnwound, Before: "20261119-101500-77aa001-02be44", Now: "20261119-101500-77aa001-02be44"},
		},
		Errors: []*deploy.Error{{Host: "web2", Phase: deploy.Activate, Step: "verify Health " + nasty, Check: "Health " + nasty, Cause: errors.New("500")}},
		Next:   deploy.Next{Text: "fix forward"},
	}
}

// What each service is sent, of a message in which foreign text stands that means something to it.
func TestPayloads(t *testing.T) {
	t.Parallel()
	m, told := OfEnd(failedResult(), ci.Run{Platform: "github"})
	if !told {
		t.Fatal("nothing to tell")
	}
	for service, payload := range payloads() {
		body, err := encoded(payload(m))
		var text bytes.Buffer
		if err != nil || json.Indent(&text, body, "", " ") != nil {
			t.Fatal(err)
		}
		golden.Check(t, "testdata/"+service+".json", text.String()+"\n")
		mentions := map[string][]string{"slack": {"<!channel", "<@U1"}, "mattermost": {"<!channel", "@everyone", "https://evil"}, "discord": {"<@U1"}}
		for _, mention := range mentions[service] {
			if strings.Contains(text.String(), mention) {
				t.Errorf("%s is sent %s", service, mention)
			}
		}
	}
}

// Two messages are never taken for one that was sent twice: of two attempts, of what cleans up behind one, of what never had an ID.
func TestMessagesHaveIDs(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, change := range []func(*deploy.Result){
		func(*deploy.Result) {},
		func(res *deploy.Result) { res.Attempt++ },
		func(res *deploy.Result) { res.Reconcile = true },
		func(res *deploy.Result) { res.Outcome = deploy.OutcomePerson },
		func(res *deploy.Result) { res.Deployment = "" },
		func(res *deploy.Result) { res.Deployment = "" },
	} {
		res := failedResult()
		change(&res)
		m, _ := OfEnd(res, ci.Run{})
		if seen[m.ID] {
			t.Errorf("%s is the ID of two", m.ID)
		}
		seen[m.ID] = true
	}
}

// lengths are those of all texts in a payload, as UTF-16 counts, the longest by its key.
func lengths(value any, key string, into map[string]int) {
	switch v := value.(type) {
	case map[string]any:
		for name, inner := range v {
			lengths(inner, name, into)
		}
	case []any:
		for _, inner := range v {
			lengths(inner, key, into)
		}
	case string:
		into[key] = max(into[key], len(utf16.Encode([]rune(v))))
		into["all"] += len(utf16.Encode([]rune(v)))
	}
}

// However long the texts are, each payload is as long as its service takes.
func TestPayloadsFit(t *testing.T) {
	t.Parallel()
	limits := map[string]map[string]int{ // characters; "bytes" of the whole
		"slack":      {"text": 2000, "bytes": 100_000},
		"mattermost": {"text": 16_383},
		"discord":    {"description": 4096, "value": 1024, "all": 6000},
		"teams":      {"bytes": 28_000},
		"webhook":    {"bytes": 256_000},
	}
	for _, filler := range []string{"<", "*", "漢", "🚀", "a"} {
		long := strings.Repeat(filler, 50_000)
		res := failedResult()
		for _, text := range []*string{&res.App, &res.Environment, &res.Actor, &res.Next.Text, &res.Step, &res.Revision} {
			*text = long
		}
		res.URL, res.RunURL = "https://example.com/"+long, "https://ci.example.com/"+strings.Repeat("x", 900)
		res.Hosts = nil
		for range 300 {
			res.Hosts = append(res.Hosts, deploy.HostResult{Host: long[:len(filler)*400], Outcome: deploy.HostFailed})
		}
		m, _ := OfEnd(res, ci.Run{})
		for service, payload := range payloads() {
			text, err := encoded(payload(m))
			if err != nil {
				t.Fatal(err)
			}
			var value any
			if err := json.Unmarshal(text, &value); err != nil {
				t.Fatal(err)
			}
			found := map[string]int{}
			lengths(value, "", found)
			found["bytes"] = len(text)
			for key, most := range limits[service] {
				if found[key] > most || found[key] == 0 {
					t.Errorf("%s of %q: %s has %d, at most %d", service, filler, key, found[key], most)
				}
			}
		}
	}
}

// A cut never goes through what a character was escaped to.
func TestFit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		most int
		want string
	}{
		{"<<<<", 12, "&lt;&lt;…"}, {"<<<", 12, "&lt;&lt;&lt;"}, {"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"🚀🚀", 3, "🚀…"}, {"", 3, ""},
	} {
		if got := fit(c.text, c.most, slackEscaped); got != c.want {
			t.Errorf("%q in %d: %q, wanted %q", c.text, c.most, got, c.want)
		}
	}
}

// Only an address of the web becomes a link, and nothing in it ends the link.
func TestWebAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://ci.example.com/a?b=c":    "https://ci.example.com/a?b=c",
		"https://ci.example.com/a|b>)](c": "https://ci.example.com/a%7Cb%3E%29%5D%28c",
		"javascript:alert(1)":             "",
		"https://me:pw@example.com/":      "",
		"/run/412":                        "",
		"":                                "",
	} {
		if got := webAddress(address); got != want {
			t.Errorf("%q: %q, wanted %q", address, got, want)
		}
	}
}

// The signature is that of Standard Webhooks: this is the example of its own libraries.
func TestSign(t *testing.T) {
	t.Parallel()
	key := secret.New(string(decoded(t, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")))
	header := http.Header{}
	sign(header, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`), key)
	if got, want := header.Get("webhook-signature"), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("%s, wanted %s", got, want)
	}
}

// Which end is told for what.
func TestOccasions(t *testing.T) {
	t.Parallel()
	unwound := []deploy.HostResult{{Host: "web1", Outcome: deploy.HostUnwound}}
	for name, c := range map[string]struct {
		res  deploy.Result
		want string
	}{
		"good":                      {deploy.Result{Outcome: deploy.OutcomeActivated}, "success"},
		"nothing to do":             {deploy.Result{Outcome: deploy.OutcomeUnchanged}, "success"},
		"a step of finish":          {deploy.Result{Outcome: deploy.OutcomeActivated, ExitCode: deploy.ExitFinish}, "failure"},
		"failed":                    {deploy.Result{Outcome: deploy.OutcomeFailed, ExitCode: 1}, "failure"},
		"locked":                    {deploy.Result{Outcome: deploy.OutcomeFailed, ExitCode: deploy.ExitLocked}, "failure"},
		"unwound":                   {deploy.Result{Outcome: deploy.OutcomeUnwound, ExitCode: 3, Hosts: unwound}, "failure rollback"},
		"a person":                  {deploy.Result{Outcome: deploy.OutcomePerson, ExitCode: 4, Hosts: unwound}, "person failure rollback"},
		"superseded":                {deploy.Result{Outcome: deploy.OutcomeSuperseded, ExitCode: 6}, ""},
		"superseded, and it passes": {deploy.Result{Outcome: deploy.OutcomeSuperseded}, ""},
		"a shard":                   {deploy.Result{Outcome: deploy.OutcomePrepared}, ""},
		"rollback":                  {deploy.Result{Header: deploy.Header{Command: "rollback"}, Outcome: deploy.OutcomeActivated}, "rollback success"},
		"a rollback failed":         {deploy.Result{Header: deploy.Header{Command: "rollback"}, Outcome: deploy.OutcomeFailed, ExitCode: 1}, "failure"},
		"cancelled early":           {deploy.Result{Outcome: deploy.OutcomeCancelled, ExitCode: 130, Failed: deploy.Preflight}, ""},
		"cancelled":                 {deploy.Result{Outcome: deploy.OutcomeCancelled, ExitCode: 130, Failed: deploy.Prepare}, "failure"},
		"cleaned up":                {deploy.Result{Header: deploy.Header{Reconcile: true}, Outcome: deploy.OutcomeReconciled, Hosts: unwound}, "failure rollback"},
		"nothing to clean up":       {deploy.Result{Header: deploy.Header{Reconcile: true}, Outcome: deploy.OutcomeReconciled}, "failure"},
		"not cleaned up":            {deploy.Result{Header: deploy.Header{Reconcile: true}, Outcome: deploy.OutcomeFailed, ExitCode: 1}, "person failure"},
	} {
		var words []string
		for _, o := range occasions(c.res) {
			words = append(words, string(o))
		}
		if got := strings.Join(words, " "); got != c.want {
			t.Errorf("%s: %q, wanted %q", name, got, c.want)
		}
	}
}

// Two shards of an attempt that fail are two messages.
func TestShardsHaveMessagesOfTheirOwn(t *testing.T) {
	t.Parallel()
	ids := map[string]bool{}
	for n := range 2 {
		res := failedResult()
		res.Shard = deploy.Shard{Number: n + 1, Of: 2}
		m, told := OfEnd(res, ci.Run{})
		if ids[m.ID] || !told {
			t.Errorf("shard %d: %q, %t", n+1, m.ID, told)
		}
		ids[m.ID] = true
	}
}
