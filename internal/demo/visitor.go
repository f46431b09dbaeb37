package demo

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// visitor fetches a page of every host again and again and counts what it saw.
type visitor struct {
	mu   sync.Mutex
	seen map[string]int // the page's first line, or what went wrong -> how often
	stop context.CancelFunc
	wait sync.WaitGroup
}

// visitEvery is the pause between two fetches from one host.
const visitEvery = 10 * time.Millisecond

func visit(ctx context.Context, urls []string) *visitor {
	ctx, stop := context.WithCancel(ctx)
	v := &visitor{seen: map[string]int{}, stop: stop}
	for _, url := range urls {
		v.wait.Go(func() {
			for ctx.Err() == nil {
				page := fetch(ctx, url)
				if ctx.Err() != nil {
					return
				}
				v.mu.Lock()
				v.seen[page]++
				v.mu.Unlock()
				select {
				case <-time.After(visitEvery):
				case <-ctx.Done():
				}
			}
		})
	}
	return v
}

// leave ends the visit and says what was seen: `412 x "v2"`.
func (v *visitor) leave() string {
	v.stop()
	v.wait.Wait()
	var parts []string
	for _, page := range slices.Sorted(maps.Keys(v.seen)) {
		parts = append(parts, fmt.Sprintf("%d x %q", v.seen[page], page))
	}
	return strings.Join(parts, ", ")
}

// fetch is the first line of a page, or the status when it is not 200.
func fetch(ctx context.Context, url string) string {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err.Error()
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "no answer"
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	switch {
	case err != nil:
		return "broken answer"
	case response.StatusCode != http.StatusOK:
		return response.Status
	}
	line, _, _ := strings.Cut(string(body), "\n")
	return line
}
