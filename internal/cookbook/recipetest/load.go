package recipetest

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"
)

// Load asks all the time, until it is ended, and counts the answers.
type Load struct {
	mu      sync.Mutex
	answers map[string]int
	total   int
	stop    chan struct{}
	done    sync.WaitGroup
}

// NewLoad has so many visitors ask for pages of a DeployPath.
func NewLoad(client *http.Client, visitors int) *Load {
	l := &Load{answers: map[string]int{}, stop: make(chan struct{})}
	for v := range visitors {
		l.done.Add(1)
		go func() {
			defer l.done.Done()
			pause := time.NewTicker(5 * time.Millisecond) // the test's machine has other things to do, too
			defer pause.Stop()
			for n := v; ; n++ {
				select {
				case <-l.stop:
					return
				case <-pause.C:
				}
				answer := Get(client, fmt.Sprintf("/%d", n%LateModules))
				l.mu.Lock()
				l.answers[answer]++
				l.total++
				l.mu.Unlock()
			}
		}()
	}
	return l
}

func (l *Load) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total
}

// More waits until so many more answers have come.
func (l *Load) More(t *testing.T, n int) {
	t.Helper()
	target := l.count() + n
	Eventually(t, "more answers", func() bool { return l.count() >= target })
}

// End judges the answers: each must be whole.
func (l *Load) End(t *testing.T) {
	t.Helper()
	close(l.stop)
	l.done.Wait()
	good := l.answers[Whole("release-a")] + l.answers[Whole("release-b")]
	t.Logf("%d requests, %d of them failed or mixed", l.total, l.total-good)
	if good == l.total {
		return
	}
	shown := 0
	for answer, times := range l.answers {
		if answer != Whole("release-a") && answer != Whole("release-b") && shown < 5 {
			shown++
			t.Errorf("%d times: %s", times, answer)
		}
	}
}
