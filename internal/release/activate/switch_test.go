package activate_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/activate"
	"github.com/slipway/slipway/internal/release/journal"
	"github.com/slipway/slipway/internal/release/releasetest"
	"github.com/slipway/slipway/internal/transport"
)

const (
	deployment = deploy.DeploymentID("412-deploy-abc")
	first      = deploy.ReleaseID("20261121-073000-1a2b3c4-9f3c51")
	second     = deploy.ReleaseID("20261121-083000-77aa001-02be44")
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// staged is a host with two complete releases that hold a file `version`.
func staged(t *testing.T, host *releasetest.Host) {
	t.Helper()
	if err := release.Run(t.Context(), host, journal.Open(host.Site, deployment, []byte("{}"), deploy.Owner{})); err != nil {
		t.Fatal(err)
	}
	for _, id := range []deploy.ReleaseID{first, second} {
		write(t, filepath.Join(host.Site.Release(id), "version"), string(id))
		write(t, filepath.Join(host.Site.Records(id), "staged"), "")
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// to is the change to a release.
func to(id deploy.ReleaseID, previous string) activate.Change {
	return activate.Change{Deployment: deployment, Release: id, Target: "releases/" + string(id), Previous: previous}
}

func link(t *testing.T, host *releasetest.Host, name string) string {
	t.Helper()
	text, err := os.Readlink(filepath.Join(host.Site.Root, name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	return text
}

// states are what and state of each line of activation.jsonl.
func states(t *testing.T, host *releasetest.Host) (states []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(host.Site.Journal(deployment), "activation.jsonl"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	for lines := bufio.NewScanner(strings.NewReader(string(text))); lines.Scan(); {
		var entry struct {
			At time.Time
			activate.Entry
		}
		if err := json.Unmarshal(lines.Bytes(), &entry); err != nil || entry.At.IsZero() {
			t.Errorf("line %q: %v", lines.Text(), err)
		}
		states = append(states, string(entry.What)+" "+string(entry.State))
	}
	return states
}

func leftovers(t *testing.T, host *releasetest.Host) {
	t.Helper()
	if found, _ := filepath.Glob(filepath.Join(strings.NewReplacer("[", `\[`).Replace(host.Site.Root), ".switch-*")); len(found) > 0 {
		t.Errorf("left behind: %q", found)
	}
}

func TestSwitch(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		staged(t, host)
		if err := release.Run(t.Context(), host, activate.Switch(host.Site, to(first, ""))); err != nil {
			t.Fatal(err)
		}
		if current, previous := link(t, host, "current"), link(t, host, "previous"); current != "releases/"+string(first) || previous != "" {
			t.Errorf("current %q, previous %q", current, previous)
		}
		if err := release.Run(t.Context(), host, activate.Switch(host.Site, to(second, "releases/"+string(first)))); err != nil {
			t.Fatal(err)
		}
		if current, previous := link(t, host, "current"), link(t, host, "previous"); current != "releases/"+string(second) || previous != "releases/"+string(first) {
			t.Errorf("current %q, previous %q", current, previous)
		}
		if got := strings.Join(states(t, host), ","); got != "switch intent,switch ok,switch intent,switch ok" {
			t.Errorf("the journal says %s", got)
		}
		if version, err := os.ReadFile(filepath.Join(host.Site.Current(), "version")); string(version) != string(second) {
			t.Errorf("current holds %q, %v", version, err)
		}
		leftovers(t, host)
	})
}

func TestSwitchToAnotherToolsRelease(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		staged(t, host)
		write(t, filepath.Join(host.Site.Root, "versions/it's 12/version"), "12")
		for _, target := range []string{"versions/it's 12", filepath.Join(host.Site.Root, "versions/it's 12")} {
			change := activate.Change{Deployment: deployment, Target: target, Previous: "releases/" + string(first)}
			if err := release.Run(t.Context(), host, activate.Switch(host.Site, change)); err != nil || link(t, host, "current") != target {
				t.Errorf("current %q, %v", link(t, host, "current"), err)
			}
		}
		gone := activate.Change{Deployment: deployment, Target: "versions/13"}
		if err := release.Run(t.Context(), host, activate.Switch(host.Site, gone)); err == nil {
			t.Error("switched to what does not exist")
		}
	})
}

func TestSwitchRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		prepare func(t *testing.T, host *releasetest.Host)
		change  activate.Change
		cause   string
	}{
		"current is a directory": {
			prepare: func(t *testing.T, host *releasetest.Host) { write(t, host.Site.Root+"/current/index.html", "hello") },
			change:  to(first, ""), cause: "current is not a link",
		},
		"previous is a directory": {
			prepare: func(t *testing.T, host *releasetest.Host) { write(t, host.Site.Root+"/previous/index.html", "hello") },
			change:  to(first, ""), cause: "previous is not a link",
		},
		"not staged": {
			prepare: func(t *testing.T, host *releasetest.Host) {
				if err := os.Remove(host.Site.Records(first) + "/staged"); err != nil {
					t.Fatal(err)
				}
			},
			change: to(first, ""), cause: "is not a complete release",
		},
		"removed": {
			prepare: func(t *testing.T, host *releasetest.Host) {
				if err := os.RemoveAll(host.Site.Release(first)); err != nil {
					t.Fatal(err)
				}
			},
			change: to(first, ""), cause: "does not exist",
		},
		"no journal": {
			prepare: func(*testing.T, *releasetest.Host) {},
			change:  activate.Change{Deployment: "other", Release: first, Target: "releases/" + string(first)}, cause: "cannot be written to",
		},
		"target of another release": {
			prepare: func(*testing.T, *releasetest.Host) {},
			change:  activate.Change{Deployment: deployment, Release: first, Target: "releases/" + string(second)}, cause: "is no link to release",
		},
	} {
		t.Run(name, func(t *testing.T) {
			releasetest.Either(t, func(t *testing.T, host *releasetest.Host) {
				staged(t, host)
				test.prepare(t, host)
				before, _ := os.ReadDir(host.Site.Root)
				err := release.Run(t.Context(), host, activate.Switch(host.Site, test.change))
				var told *deploy.Error
				if !errors.As(err, &told) || !strings.Contains(err.Error(), test.cause) || told.Host != host.Name {
					t.Errorf("got %v, want %q", err, test.cause)
				}
				if after, _ := os.ReadDir(host.Site.Root); len(after) != len(before) {
					t.Errorf("%v became %v", before, after)
				}
			})
		})
	}
}

// Killed at any place, the script leaves current naming what it named or what it was to name, and the next switch works.
func TestSwitchKilledAnywhere(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		staged(t, host)
		if err := release.Run(t.Context(), host, activate.Switch(host.Site, to(first, ""))); err != nil {
			t.Fatal(err)
		}
		sides := map[string]int{}
		host.Plain = true
		for at := 0; ; at++ {
			places := 0
			host.Patch = func(script string) string {
				patched, n := killAt(script, at)
				places = n
				return patched
			}
			err := release.Run(t.Context(), host, activate.Switch(host.Site, to(second, "releases/"+string(first))))
			if at >= places {
				break
			}
			var exit *transport.ExitError
			killed := errors.As(err, &exit) && exit.Signal == "KILL"
			if current := link(t, host, "current"); current == "releases/"+string(first) || current == "releases/"+string(second) {
				if killed {
					sides[current]++
				}
			} else {
				t.Errorf("killed at %d: current names %q", at, current)
			}
			if _, err := os.ReadFile(filepath.Join(host.Site.Current(), "version")); err != nil {
				t.Errorf("killed at %d: %v", at, err)
			}
			host.Patch = nil
			if err := release.Run(t.Context(), host, activate.Switch(host.Site, to(first, "releases/"+string(second)))); err != nil {
				t.Errorf("after a kill at %d: %v", at, err)
			}
		}
		if sides["releases/"+string(first)] < 5 || sides["releases/"+string(second)] < 3 {
			t.Errorf("the kills were too few to prove anything: %v", sides)
		}
	})
}

// killAt puts a kill before the n-th command at the outermost level of a script, and tells how many there are.
func killAt(script string, n int) (string, int) {
	lines := strings.Split(script, "\n")
	var out []string
	places := 0
	inside := false // of a function
	for _, line := range lines {
		trimmed := strings.TrimSpace(line)
		if strings.HasSuffix(trimmed, "() {") {
			inside = true
		}
		starts := !inside && trimmed != "" && !strings.HasPrefix(trimmed, "#")
		for _, word := range []string{"fi", "done", "else", "}", "esac"} {
			starts = starts && trimmed != word
		}
		if starts {
			if places == n {
				out = append(out, "kill -9 $$")
			}
			places++
		}
		out = append(out, line)
		if trimmed == "}" {
			inside = false
		}
	}
	return strings.Join(out, "\n"), places
}

// Whoever reads through current while it is switched always finds a release there.
func TestReadersDuringSwitches(t *testing.T) {
	readDuringSwitches(t, 100)
}

func readDuringSwitches(t *testing.T, switches int) {
	t.Helper()
	t.Parallel()
	for _, toolset := range []string{"dash", "ash"} {
		t.Run(toolset, func(t *testing.T) {
			t.Parallel()
			host := releasetest.NewHost(t, toolset)
			// sync would only make it slow: what is tested here is the name.
			host.Patch = func(script string) string {
				return strings.Replace(script, `sync -f "$target" 2>/dev/null || sync`, ":", 1)
			}
			staged(t, host)
			if err := release.Run(t.Context(), host, activate.Switch(host.Site, to(first, ""))); err != nil {
				t.Fatal(err)
			}
			stop := make(chan struct{})
			var readers sync.WaitGroup
			var reads int
			readers.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					version, err := os.ReadFile(host.Site.Current() + "/version")
					if err != nil || (string(version) != string(first) && string(version) != string(second)) {
						t.Errorf("a reader got %q, %v", version, err)
						return
					}
					reads++
				}
			})
			ids := []deploy.ReleaseID{first, second}
			for i := range switches {
				if err := release.Run(t.Context(), host, activate.Switch(host.Site, to(ids[(i+1)%2], "releases/"+string(ids[i%2])))); err != nil {
					t.Fatal(err)
				}
			}
			close(stop)
			readers.Wait()
			t.Logf("%d reads during %d switches", reads, switches)
			if reads < switches {
				t.Errorf("only %d reads", reads)
			}
		})
	}
}

func TestUnlink(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		staged(t, host)
		if err := release.Run(t.Context(), host, activate.Unlink(host.Site, to(first, ""))); err != nil {
			t.Errorf("no current at all: %v", err)
		}
		if err := release.Run(t.Context(), host, activate.Switch(host.Site, to(first, ""))); err != nil {
			t.Fatal(err)
		}
		if err := release.Run(t.Context(), host, activate.Unlink(host.Site, to(second, ""))); err == nil || link(t, host, "current") == "" {
			t.Errorf("removed what names something else (%v)", err)
		}
		if err := release.Run(t.Context(), host, activate.Unlink(host.Site, to(first, ""))); err != nil || link(t, host, "current") != "" {
			t.Errorf("current %q, %v", link(t, host, "current"), err)
		}
		if got := strings.Join(states(t, host), ","); got != "switch intent,switch ok,unlink intent,unlink ok" {
			t.Errorf("the journal says %s", got)
		}
		write(t, host.Site.Current()+"/index.html", "hello")
		if err := release.Run(t.Context(), host, activate.Unlink(host.Site, to(first, ""))); err == nil {
			t.Error("a directory was taken for a link")
		}
	})
}
