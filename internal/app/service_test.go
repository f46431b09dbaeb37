package app_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// service NAME STATUS... starts an HTTP server at $NAME_URL, NAME in capitals. It answers the nth request with the nth status, and each
// further one with the last, and repeats its Authorization. $WORK/NAME has a line for each request that came: method, path, Authorization, body.
func service(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: service NAME STATUS...")
	}
	var statuses []int
	for _, arg := range args[1:] {
		status, err := strconv.Atoi(arg)
		ts.Check(err)
		statuses = append(statuses, status)
	}
	var mu sync.Mutex
	var came strings.Builder
	file, count := ts.MkAbs(args[0]), 0
	ts.Check(os.WriteFile(file, nil, 0o600))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(&came, "%s %s %s %s\n", r.Method, r.URL.Path, r.Header.Get("Authorization"), body)
		if err := os.WriteFile(file, []byte(came.String()), 0o600); err != nil {
			w.WriteHeader(http.StatusInsufficientStorage) // which no script wants
			return
		}
		w.WriteHeader(statuses[min(count, len(statuses)-1)])
		count++
		fmt.Fprintf(w, "answer to %s\n", r.Header.Get("Authorization"))
	}))
	ts.Defer(server.Close)
	ts.Setenv(strings.ToUpper(args[0])+"_URL", server.URL)
}
