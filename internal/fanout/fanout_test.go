package fanout_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/fanout"
)

// Every call meets every other: none waits for another to end.
func TestDoAtOnce(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup
	all.Add(3)
	got := fanout.Do([]int{1, 2, 3}, func(n int) int {
		all.Done()
		all.Wait()
		return n * n
	})
	if diff := cmp.Diff([]int{1, 4, 9}, got); diff != "" {
		t.Error(diff)
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	fails := func(host string) *deploy.Error {
		if host == "web2" {
			return nil
		}
		return &deploy.Error{Host: host, Cause: errors.New("exit 1")}
	}
	got := fanout.Failures([]string{"web3", "web2", "web1"}, fails)
	if got.Error() != "web3: exit 1\nweb1: exit 1" {
		t.Error(got)
	}
	if got := fanout.Failures([]string{"web2"}, fails); len(got) != 0 {
		t.Error(got)
	}
}
