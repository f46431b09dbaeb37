package lock_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/release/lock"
	"github.com/slipway/slipway/internal/release/releasetest"
)

var (
	carol = deploy.LockOwner{Deployment: "414-deploy-c", Actor: "carol", Token: "C"}
	dave  = deploy.LockOwner{Deployment: "415-deploy-d", Actor: "dave", Token: "D"}
)

// mostCalls is more than the programs that taking a lock runs.
const mostCalls = 40

// interfere makes the host run a shell text in the place of the n-th program that a command of it calls; the text runs the
// program by "$@". Functions stand for the programs: some shells have them built in and look for no other.
func interfere(host *releasetest.Host, n int, text string) {
	var shims strings.Builder
	fmt.Fprintf(&shims, "calls=0\ncall() { calls=$((calls + 1)); if [ \"$calls\" = %d ]; then set -- command \"$@\"; %s; else command \"$@\"; fi; }\n", n, text)
	for _, program := range []string{"mkdir", "chmod", "ln", "rm", "mv", "printf", "true"} {
		fmt.Fprintf(&shims, "%s() { call %[1]s \"$@\"; }\n", program)
	}
	host.Plain = true
	host.Patch = func(script string) string { return shims.String() + script }
}

// settled fails unless an owner has the lock, alone.
func settled(t *testing.T, host *releasetest.Host, generation int, owner deploy.LockOwner) {
	t.Helper()
	state := read(t, host)
	if state.Generation != generation || state.Free() || state.Owner.Token != owner.Token {
		t.Errorf("wanted generation %d of %s: %+v", generation, owner.Actor, state)
	}
	for g := range generation {
		if err := release.Run(t.Context(), lock.Fence(host, host.Site, g), lock.Beat(host.Site, g)); !errors.Is(err, lock.ErrFenced) {
			t.Errorf("generation %d beats beside %d: %v", g, generation, err)
		}
	}
	if err := release.Run(t.Context(), lock.Fence(host, host.Site, generation), lock.Beat(host.Site, generation)); err != nil {
		t.Errorf("generation %d does not beat: %v", generation, err)
	}
}

// Killed at any place, a taker leaves a lock that is free, or that grows stale: there is something to take over, which
// nobody holds any more.
func TestKilledTaker(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		for _, used := range []bool{false, true} {
			killed := 0
			for n := 1; n < mostCalls; n++ {
				host := releasetest.NewHost(t, host.Name)
				if used {
					take(t, host, anna)
				}
				before, killer := read(t, host), *host
				interfere(&killer, n, "kill -9 $$")
				_, err := releasetest.TakeLock(t.Context(), &killer, host.Site, before, ben)
				if err == nil {
					break
				}
				if !strings.Contains(err.Error(), "KILL") {
					t.Fatalf("at program %d: %v", n, err)
				}
				killed++
				state := read(t, host)
				if state.Generation > before.Generation && (state.Owner != ben && state.Owner != deploy.LockOwner{}) {
					t.Errorf("at program %d: %+v", n, state)
				}
				settled(t, host, take(t, host, carol), carol)
			}
			if killed < 4 {
				t.Errorf("killed only %d times", killed)
			}
		}
	})
}

// Held up at any place while others have their turns, a taker does not get the lock, or has a generation that is refused.
func TestSlowTaker(t *testing.T) {
	releasetest.Each(t, func(t *testing.T, host *releasetest.Host) {
		for n := 1; n < mostCalls; n++ {
			host := releasetest.NewHost(t, host.Name)
			take(t, host, anna)
			gate := filepath.Join(t.TempDir(), "gate")
			if err := syscall.Mkfifo(gate, 0o600); err != nil {
				t.Fatal(err)
			}
			slow := *host
			interfere(&slow, n, `read -r go <'`+gate+`'; "$@"`)
			got := make(chan lock.Taken, 1)
			go func() {
				taken, err := releasetest.TakeLock(t.Context(), &slow, host.Site, deploy.LockState{Generation: 1}, ben)
				if err != nil && !errors.Is(err, lock.ErrTaken) {
					t.Errorf("held up at program %d: %v", n, err)
				}
				got <- taken
			}()
			held := make(chan *os.File, 1)
			go func() {
				file, err := os.OpenFile(gate, os.O_WRONLY, 0) // waits for a reader
				if err != nil {
					t.Error(err)
				}
				held <- file
			}()
			select {
			case file := <-held:
				take(t, host, carol)
				last := take(t, host, dave)
				if _, err := file.WriteString("go\n"); err != nil {
					t.Error(err)
				}
				_ = file.Close()
				if taken := <-got; taken.Generation >= last {
					t.Errorf("held up at program %d, it got generation %d", n, taken.Generation)
				}
				settled(t, host, last, dave)
			case <-got:
				if n-1 < 4 {
					t.Errorf("taking ran only %d programs", n-1)
				}
				reader, err := os.OpenFile(gate, os.O_RDONLY|syscall.O_NONBLOCK, 0)
				if err != nil {
					t.Fatal(err)
				}
				_ = (<-held).Close()
				_ = reader.Close()
				return
			}
		}
	})
}
