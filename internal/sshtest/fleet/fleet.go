// Package fleet is many SSH hosts inside this process: what a deployment to hundreds of hosts is tried with.
//
// Terms: the limit is how many connections all hosts together may have at a time. The package must not know what is run on
// the hosts.
package fleet

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/slipway/slipway/internal/secret"
	"github.com/slipway/slipway/internal/sshtest"
)

// Fleet is hosts web1, web2, ...; one key logs in to all of them.
type Fleet struct {
	Key   secret.Secret
	Hosts []Host

	limit int
	mu    sync.Mutex
	fewer *sync.Cond
	open  int
	most  int
	over  int
}

// Host is one of them.
type Host struct {
	Name   string
	Root   string // HOME there
	Server *sshtest.Server
}

// patience is how long a connection waits to be within the limit: the end of another, which the client has closed before, may
// come to be known here a moment later.
const patience = 5 * time.Second

// Options are what a fleet is started with.
type Options struct {
	Dir   string // where the homes of the hosts get to
	Count int
	Limit int      // connections beyond it are refused, and counted by Over
	Env   []string // of every session, beside what a log-in has

	// Before is asked before each operation on a host, as that of sshtest.Options; nil allows all.
	Before func(host string, op sshtest.Operation) error
}

// Start starts the hosts.
func Start(options Options) (*Fleet, error) {
	key, authorized := sshtest.ClientKey()
	f := &Fleet{Key: key, limit: options.Limit}
	f.fewer = sync.NewCond(&f.mu)
	for i := range options.Count {
		name := fmt.Sprintf("web%d", i+1)
		root := filepath.Join(options.Dir, name)
		if err := os.MkdirAll(root, 0o755); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		host := sshtest.Options{Root: root, AuthorizedKey: authorized, Connected: f.count, Env: options.Env}
		if options.Before != nil {
			host.Before = func(op sshtest.Operation) error { return options.Before(name, op) }
		}
		server, err := sshtest.Start(host)
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		f.Hosts = append(f.Hosts, Host{Name: name, Root: root, Server: server})
	}
	return f, nil
}

// count takes note of a connection that begins or ends. One that begins waits until it is within the limit, for a while.
func (f *Fleet) count(begins bool) (ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !begins {
		f.open--
		f.fewer.Broadcast()
		return true
	}
	timer := time.AfterFunc(patience, f.fewer.Broadcast)
	defer timer.Stop()
	for begun := time.Now(); f.open >= f.limit; f.fewer.Wait() {
		if time.Since(begun) >= patience {
			f.over++
			return false
		}
	}
	f.open++
	f.most = max(f.most, f.open)
	return true
}

// Most is how many connections there were at a time, at the most.
func (f *Fleet) Most() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.most
}

// Over is how many connections were refused because the limit was reached.
func (f *Fleet) Over() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.over
}

// Accepted is how many connections there were in all.
func (f *Fleet) Accepted() int {
	all := 0
	for _, h := range f.Hosts {
		all += h.Server.Accepted()
	}
	return all
}

// Inputs are the lines of the inputs hosts and known_hosts; the deploy path is `site` in each host's home.
func (f *Fleet) Inputs() (hosts, known string) {
	var lines strings.Builder
	for _, h := range f.Hosts {
		address, port := h.Server.Addr()
		fmt.Fprintf(&lines, "%s@%s:%d name=%s deploy_path=%s\n", h.Server.User(), address, port, h.Name, filepath.Join(h.Root, "site"))
		known += h.Server.HostKeyLine()
	}
	return lines.String(), known
}

// Close ends all hosts.
func (f *Fleet) Close() error {
	var errs []error
	for _, h := range f.Hosts {
		errs = append(errs, h.Server.Close())
	}
	return errors.Join(errs...)
}
