package fleet

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// What a host is waited for while its facts are gathered.
var (
	aPlace      = "a free connection"
	aConnection = "a connection"
	anAnswer    = "its log-in shell, or its answer"
)

func (h *Host) awaits(what string) { h.awaited.Store(&what) }

// How long Gather waits before it first says what it waits for, and how often it says so after that.
const (
	firstWord = 10 * time.Second
	nextWords = 30 * time.Second
)

// tellWaiting says now and then which hosts are waited for, until done is closed.
func tellWaiting(hosts []*Host, tell func(string)) (done func()) {
	if tell == nil {
		return func() {}
	}
	stop := make(chan struct{})
	var told sync.WaitGroup
	told.Go(func() {
		start, pause := time.Now(), firstWord
		for {
			select {
			case <-stop:
				return
			case <-time.After(pause):
				pause = nextWords
			}
			if list := waitedFor(hosts); list != "" {
				tell(fmt.Sprintf("waiting for %s, for %s so far", list, time.Since(start).Round(time.Second)))
			}
		}
	})
	return func() {
		close(stop)
		told.Wait()
	}
}

// mostNamed is the largest number of waited-for hosts that are named.
const mostNamed = 8

// waitedFor lists the hosts that have not answered, by what each is waited for: "a connection (web1, web2)".
func waitedFor(hosts []*Host) string {
	var list []string
	for _, what := range []string{aConnection, anAnswer, aPlace} {
		var names []string
		for _, h := range hosts {
			if awaited := h.awaited.Load(); awaited != nil && *awaited == what {
				names = append(names, h.Name)
			}
		}
		if len(names) > 0 {
			list = append(list, fmt.Sprintf("%s (%s)", what, deploy.List(names, ", ", mostNamed)))
		}
	}
	return strings.Join(list, ", ")
}
