//go:build linux

package sweep

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/slipway/slipway/internal/needtest"
)

// machine is how a host is reached: the in-process SSH server, or the real sshd behind a relay.
type machine interface {
	address() string   // user@host:port
	hostKeys() string  // lines of known_hosts
	folders() []string // homes of its processes, beside the host's own
	kill() error       // ends the commands that run in sessions, and nothing that is detached
	cut()              // resets all connections
	stop()             // ends the SSH server and its connections
	start() error      // starts it again, at the same address with the same keys
	close()
}

// host is one host of a world: a machine, its disk and the site on it.
type host struct {
	name string
	root string // its disk: a small one of its own where the test may mount, else a folder
	machine
	site      *site
	switching sync.Mutex
}

const (
	diskSize = "24m" // preflight wants 17 MB to be free
	// downtime is how long a host is off that is stopped and started again.
	downtime = 150 * time.Millisecond
	// backWithin is how long a host may try to get its address back.
	backWithin = 20 * time.Second
)

func (h *host) deployPath() string { return filepath.Join(h.root, "site") }

// shared is the folder that outlives releases.
func (h *host) shared() string { return filepath.Join(h.deployPath(), "shared", "run") }

func (h *host) all() []string { return append([]string{h.root}, h.folders()...) }

// powerOff kills everything on the host at this very moment. Its server is stopped by restart, which may wait.
func (h *host) powerOff() { killAll(h.all()) }

// restart stops what is left, and starts the host again after a while. The site starts with it, and loads what is current.
func (h *host) restart() error {
	h.switching.Lock() // a host that is stopped twice at once comes back twice, one time after the other
	defer h.switching.Unlock()
	h.stop()
	killAll(h.all())
	<-time.After(downtime)
	h.site.boot()
	err := h.start()
	for deadline := time.Now().Add(backWithin); err != nil && time.Now().Before(deadline); err = h.start() {
		<-time.After(downtime) // somebody has taken its port meanwhile, for a connection of his own
	}
	return err
}

// fill takes all the space that the disk has left.
func (h *host) fill() error {
	file, err := os.OpenFile(filepath.Join(h.root, "ballast"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	for size := 64 << 10; size > 0; size /= 16 {
		for block := make([]byte, size); err == nil; {
			_, err = file.Write(block)
		}
		if !errors.Is(err, syscall.ENOSPC) {
			return fmt.Errorf("the disk of %s does not get full: %w", h.name, err)
		}
		err = nil
	}
	return nil
}

func (h *host) empty() error {
	err := os.Remove(filepath.Join(h.root, "ballast"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// mayMount reports whether hosts can have small disks of their own. Where the tools are promised they must.
var mayMount = sync.OnceValue(func() bool {
	dir, err := os.MkdirTemp("", "slipway-sweep-mount-")
	if err != nil {
		return false
	}
	defer os.Remove(dir)
	if needtest.Mount(dir, diskOptions) != nil {
		return false
	}
	return needtest.Unmount(dir) == nil
})

// diskOptions are those of a host's disk.
const diskOptions = "size=" + diskSize
