package notify

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/secret"
)

func decoded(t *testing.T, text string) []byte {
	t.Helper()
	value, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// inbox is a server that keeps what it is sent. Each request is answered as answer says, 200 where it says 0.
type inbox struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	header []http.Header
}

func newInbox(t *testing.T, answer func(count int, w http.ResponseWriter) (status int)) *inbox {
	t.Helper()
	in := &inbox{}
	in.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		in.mu.Lock()
		in.bodies, in.header = append(in.bodies, string(body)), append(in.header, r.Header.Clone())
		count := len(in.bodies)
		in.mu.Unlock()
		if status := answer(count, w); status != 0 {
			w.WriteHeader(status)
		}
	}))
	t.Cleanup(in.Close)
	return in
}

func (in *inbox) all() []string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.bodies
}

func fine(int, http.ResponseWriter) int { return 0 }

var everything = []deploy.Occasion{deploy.OccasionStart, deploy.OccasionSuccess, deploy.OccasionFailure, deploy.OccasionRollback, deploy.OccasionPerson}

// begin is what a deployment tells up to its first phase behind preflight.
func begin(n *Notifier) {
	n.Emit(deploy.Started{Header: failedResult().Header})
	n.Emit(deploy.PhaseStarted{Phase: deploy.Preflight})
	n.Emit(deploy.StepDone{Phase: deploy.Preflight, Note: "2 hosts, all on 20261119-101500-77aa001-02be44"})
	n.Emit(deploy.PhaseStarted{Phase: deploy.Prepare})
	n.Emit(deploy.PhaseStarted{Phase: deploy.Activate})
}

// A start is told once, when the hosts are held, and the deployment does not wait for whoever is slow to take it; the end follows it.
func TestTheStartIsToldBeside(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	slow := newInbox(t, func(count int, _ http.ResponseWriter) int {
		if count == 1 {
			<-release
		}
		return 0
	})
	n := New(t.Context(), Options{Receivers: []Receiver{{Service: "slack", URL: secret.New(slow.URL), On: everything}}})
	begin(n) // returns, though nobody has answered
	close(release)
	if failed := n.End(t.Context(), failedResult()); len(failed) > 0 {
		t.Error(failed)
	}
	all := slow.all()
	if len(all) != 2 || !strings.Contains(all[0], "🚀 Deploying 1a2b3c4 to production") || !strings.Contains(all[0], "all on 20261119") || !strings.Contains(all[1], "↩️ Unwound") {
		t.Errorf("told %q", all)
	}
}

// A deployment that preflight refused has told no start; one that mends what another left has none, nor has a shard.
func TestNoStartOfWhatDoesNotStart(t *testing.T) {
	t.Parallel()
	in := newInbox(t, fine)
	receivers := []Receiver{{Service: "discord", URL: secret.New(in.URL), On: []deploy.Occasion{deploy.OccasionStart}}}
	n := New(t.Context(), Options{Receivers: receivers})
	n.Emit(deploy.Started{Header: failedResult().Header})
	n.Emit(deploy.PhaseStarted{Phase: deploy.Preflight})
	n.Emit(deploy.PhaseStarted{Phase: deploy.Unwind}) // of a deployment that died before
	n.End(t.Context(), failedResult())
	n = New(t.Context(), Options{Receivers: receivers})
	header := failedResult().Header
	header.Reconcile = true
	n.Emit(deploy.Started{Header: header})
	n.Emit(deploy.PhaseStarted{Phase: deploy.Activate})
	n.End(t.Context(), failedResult())
	header.Reconcile, header.Shard = false, deploy.Shard{Number: 1, Of: 2} // the job that goes on tells it
	n = New(t.Context(), Options{Receivers: receivers})
	n.Emit(deploy.Started{Header: header})
	n.Emit(deploy.PhaseStarted{Phase: deploy.Prepare})
	n.End(t.Context(), failedResult())
	if all := in.all(); len(all) != 0 {
		t.Errorf("told %q", all)
	}
}

// Secrets are out of a message before it is cut, in whatever it names.
func TestNoSecretIsTold(t *testing.T) {
	t.Parallel()
	in := newInbox(t, fine)
	hidden := secret.New("c0rrect-h0rse-battery")
	var receivers []Receiver
	for service := range payloads() {
		receivers = append(receivers, Receiver{Service: service, URL: secret.New(in.URL), Key: hidden, On: everything})
	}
	n := New(t.Context(), Options{Receivers: receivers, Redactor: secret.NewRedactor(hidden)})
	res := failedResult()
	res.Actor = strings.Repeat("x", 480) + hidden.Reveal()
	res.Errors[0].Check = strings.Repeat("y", 200) + hidden.Reveal()
	res.Next.Text = hidden.Reveal()
	n.End(t.Context(), res)
	if len(in.all()) != len(payloads()) {
		t.Errorf("told %d", len(in.all()))
	}
	for _, body := range in.all() {
		if strings.Contains(body, "c0rrect") {
			t.Error(body)
		}
	}
}

// What is sent again, and what a failure shows: never more of an address than its host.
func TestFailures(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		service string
		answer  func(count int, w http.ResponseWriter) int
		came    int
		why     string // "" is none
	}{
		"busy":           {"slack", func(n int, _ http.ResponseWriter) int { return []int{429, 503, 200}[n-1] }, 3, ""},
		"broken chat":    {"slack", func(int, http.ResponseWriter) int { return 500 }, 1, "the answer was 500 Internal Server Error"},
		"broken webhook": {"webhook", func(n int, _ http.ResponseWriter) int { return []int{500, 502, 200}[n-1] }, 3, ""},
		"gone":           {"teams", func(int, http.ResponseWriter) int { return 410 }, 1, "the answer was 410 Gone"},
		"elsewhere": {"discord", func(_ int, w http.ResponseWriter) int {
			w.Header().Set("Location", "https://example.com/hooks/correct-horse")
			return 302
		}, 1, "it redirects (302 Found), which is not followed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := newInbox(t, c.answer)
			n := New(t.Context(), Options{Receivers: []Receiver{{Service: c.service, URL: secret.New(in.URL + "/hooks/correct-horse?sig=battery"), On: everything}}})
			failed := strings.Join(n.End(t.Context(), failedResult()), "\n")
			want := ""
			if c.why != "" {
				want = fmt.Sprintf("%s (%s): %s", c.service, strings.TrimPrefix(in.URL, "http://"), c.why)
			}
			if failed != want || len(in.all()) != c.came {
				t.Errorf("%d came, %q; wanted %d, %q", len(in.all()), failed, c.came, want)
			}
		})
	}
}

// A receiver that never answers holds nobody up for longer than its time, and for less once the run is cancelled.
func TestNobodyIsWaitedForInVain(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	deaf := newInbox(t, func(int, http.ResponseWriter) int { <-release; return 0 })
	t.Cleanup(func() { close(release) })
	for name, limits := range map[string][2]time.Duration{"over": {time.Millisecond, time.Hour}, "cancelled": {time.Hour, time.Millisecond}} {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		n := New(ctx, Options{Receivers: []Receiver{{Service: "slack", URL: secret.New(deaf.URL), On: everything}}})
		n.most, n.late = limits[0], limits[1]
		begin(n)
		if failed := n.End(ctx, failedResult()); len(failed) != 1 || !strings.Contains(failed[0], "longer than 1ms") {
			t.Errorf("%s: %q", name, failed)
		}
	}
}

// The check of the documents takes what is sent, and nothing that was changed on the way.
func TestTheDocumentedCheck(t *testing.T) {
	t.Parallel()
	python := needtest.Program(t, "python3")
	page, err := os.ReadFile("../../docs/notify.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```python\n")
	script, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("docs/notify.md has no check in Python")
	}
	in := newInbox(t, fine)
	key := "0123456789abcdef0123456789abcdef"
	n := New(t.Context(), Options{Receivers: []Receiver{{Service: "webhook", URL: secret.New(in.URL), Key: secret.New(key), On: everything}}})
	if failed := n.End(t.Context(), failedResult()); len(failed) > 0 {
		t.Fatal(failed)
	}
	body, header := in.bodies[0], in.header[0]
	given := map[string]string{}
	for name := range header {
		given[strings.ToLower(name)] = header.Get(name)
	}
	check := func(body, key string) string {
		text, _ := json.Marshal([]any{given, body, key})
		cmd := exec.Command(python, "-c", "import json, sys\nheaders, body, key = json.loads(sys.stdin.read())\nbody, key = body.encode(), key.encode()\n"+script+"\nprint(genuine(headers, body, key))")
		cmd.Stdin = strings.NewReader(string(text))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return strings.TrimSpace(string(out))
	}
	if got := check(body, key); got != "True" {
		t.Errorf("what was sent: %s", got)
	}
	if got := check(strings.Replace(body, "unwound", "success", 1), key); got != "False" {
		t.Errorf("what was changed: %s", got)
	}
	if got := check(body, key+"x"); got != "False" {
		t.Errorf("another key: %s", got)
	}
	given["webhook-timestamp"] = "1614265330"
	if got := check(body, key); got != "False" {
		t.Errorf("an old one: %s", got)
	}
}
