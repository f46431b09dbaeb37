// Package fanout does one thing on many hosts at once.
package fanout

import (
	"slices"
	"sync"

	"github.com/slipway/slipway/internal/deploy"
)

// Each does something with every item at once, and returns when all are done.
func Each[Item any](items []Item, do func(Item)) {
	Do(items, func(item Item) (none struct{}) {
		do(item)
		return none
	})
}

// Do is Each with results, in the order of the items.
func Do[Item, Result any](items []Item, do func(Item) Result) []Result {
	results := make([]Result, len(items))
	var wait sync.WaitGroup
	for i, item := range items {
		wait.Go(func() { results[i] = do(item) })
	}
	wait.Wait()
	return results
}

// Failures does something with every item at once, and gives what failed, in the order of the items.
func Failures[Item any](items []Item, do func(Item) *deploy.Error) deploy.Errors {
	return slices.DeleteFunc(Do(items, do), func(err *deploy.Error) bool { return err == nil })
}
