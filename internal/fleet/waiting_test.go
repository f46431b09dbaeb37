package fleet

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slipway/slipway/internal/deploy"
)

// Hosts that do not answer are named, with what they are waited for; many are counted.
func TestTellWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var hosts []*Host
		for i := range 12 {
			h := &Host{Host: deploy.Host{Name: fmt.Sprintf("web%d", i+1)}}
			h.awaits(aConnection)
			hosts = append(hosts, h)
		}
		var told []string
		done := tellWaiting(hosts, func(text string) { told = append(told, text) })
		<-time.After(15 * time.Second)
		for _, h := range hosts[2:] {
			h.awaited.Store(nil)
		}
		hosts[1].awaits(anAnswer)
		<-time.After(30 * time.Second)
		hosts[0].awaited.Store(nil)
		hosts[1].awaited.Store(nil)
		<-time.After(time.Hour)
		done()
		want := []string{
			"waiting for a connection (web1, web2, web3, web4, web5, web6, web7, web8 and 4 more), for 10s so far",
			"waiting for a connection (web1), its log-in shell, or its answer (web2), for 40s so far",
		}
		if !slices.Equal(told, want) {
			t.Errorf("got %q\nwant %q", told, want)
		}
	})
}
