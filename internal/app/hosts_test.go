package app_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/slipway/slipway/internal/needtest"
	"github.com/slipway/slipway/internal/release"
	"github.com/slipway/slipway/internal/sshtest"
	"github.com/slipway/slipway/internal/sshtest/sshd"
)

// The commands by which scripts make hosts, good ones and bad ones.
var hostCommands = map[string]func(*testscript.TestScript, bool, []string){
	"host":    host,
	"sshd":    openSSH,
	"silent":  silent,
	"crowd":   crowd,
	"tools":   tools,
	"mount":   mount,
	"need":    need,
	"current": current,
	"newest":  newest,
	"ci":      ciServer,
	"service": service,
	"vault":   vault,
	"stepca":  stepCA,
}

// host NAME [OPTION=VALUE]... starts an SSH host with the root $WORK/NAME and adds it to $HOSTS and $KNOWN_HOSTS. With the
// name in capitals, $NAME_SITE is its deploy path, $NAME_ADDRESS its host and port, and $NAME_PORT the port of an HTTP server
// for what is current there. Once somebody connects to it there is a file NAME.connected.
//
//	site=PATH      deploy path below the root, "site" unless set; with spaces in it $HOSTS leaves it out
//	shell=PATH     login shell
//	env=NAME=TEXT  variable of its sessions, PATH among them; may be repeated
//	sessions=N     MaxSessions
//	penalties=N    what OpenSSH from 9.8 on does after a failed log-in (PerSourcePenalties), emulated: the N connections
//	               after it are reset before the SSH version. The real one says a line first, and counts seconds
func host(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: host NAME [OPTION=VALUE]...")
	}
	site := "site"
	options := sshtest.Options{Root: ts.MkAbs(args[0]), AuthorizedKey: ts.Value("authorized").(string)}
	connected := ts.MkAbs(args[0] + ".connected") // now: a script changes folders while hosts run
	options.Connected = func(bool) bool { return os.WriteFile(connected, nil, 0o600) == nil }
	for _, arg := range args[1:] {
		name, value, _ := strings.Cut(arg, "=")
		var err error
		switch name {
		case "site":
			site = value
		case "shell":
			options.Shell = value
		case "env":
			options.Env = append(options.Env, value)
		case "sessions":
			options.MaxSessions, err = strconv.Atoi(value)
		case "penalties":
			var n int
			n, err = strconv.Atoi(value)
			options.Before = penalties(n)
		default:
			err = fmt.Errorf("no option %q", name)
		}
		ts.Check(err)
	}
	ts.Check(os.MkdirAll(options.Root, 0o755))
	server, err := sshtest.Start(options)
	ts.Check(err)
	ts.Defer(func() { _ = server.Close() })
	address, port := server.Addr()
	ts.Setenv("KNOWN_HOSTS", ts.Getenv("KNOWN_HOSTS")+server.HostKeyLine()+"\n")
	addHost(ts, args[0], fmt.Sprintf("deploy@%s:%d", address, port), filepath.Join(options.Root, site))
	serveSite(ts, args[0])
}

// penalties resets the n connections after one that ended without a session, as one does whose key was refused.
func penalties(n int) func(sshtest.Operation) error {
	var mu sync.Mutex
	var refused bool
	var left int
	return func(op sshtest.Operation) error {
		mu.Lock()
		defer mu.Unlock()
		switch op.Kind {
		case sshtest.Login:
			refused = true
		case sshtest.Session:
			refused = false
		case sshtest.Accept:
			if refused {
				refused, left = false, n
			}
			if left > 0 {
				left--
				return errors.New("not allowed at this time")
			}
		case sshtest.Exec, sshtest.Forward:
		}
		return nil
	}
}

// sshd NAME [LINE]... starts a real OpenSSH with lines of sshd_config, and adds it as host does. It has no HTTP server.
func openSSH(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: sshd NAME [LINE]...")
	}
	server := sshd.Start(ts.Value("t").(testing.TB), sshd.Options{Config: args[1:], AuthorizedKeys: ts.Value("authorized").(string)})
	ts.Setenv("KNOWN_HOSTS", ts.Getenv("KNOWN_HOSTS")+server.KnownHosts+"\n")
	root := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(root, 0o755))
	addHost(ts, args[0], server.Address().User+"@"+server.Address().HostPort(), filepath.Join(root, "site"))
}

// crowd NAME N is N other clients that have connected to a host and do not log in.
func crowd(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: crowd NAME N")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	for range n {
		conn, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", ts.Getenv(strings.ToUpper(args[0])+"_ADDRESS"))
		ts.Check(err)
		ts.Defer(func() { _ = conn.Close() })
		_, err = conn.Read(make([]byte, 4)) // "SSH-": sshd counts it
		ts.Check(err)
	}
}

// silent NAME adds a host that accepts connections and never says anything.
func silent(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: silent NAME")
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = listener.Close() }) // the kernel accepts, nobody else does
	address := listener.Addr().String()
	key := "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGtleWtleWtleWtleWtleWtleWtleWtleWtleWtleWtl"
	ts.Setenv("KNOWN_HOSTS", ts.Getenv("KNOWN_HOSTS")+"["+strings.Replace(address, ":", "]:", 1)+" "+key+"\n")
	addHost(ts, args[0], "deploy@"+address, filepath.Join(ts.MkAbs(args[0]), "site"))
}

func addHost(ts *testscript.TestScript, name, address, site string) {
	line := address + " name=" + name
	if !strings.ContainsAny(site, " \t") {
		line += " deploy_path=" + site
	}
	ts.Setenv("HOSTS", ts.Getenv("HOSTS")+line+"\n")
	_, hostPort, _ := strings.Cut(address, "@")
	ts.Setenv(strings.ToUpper(name)+"_ADDRESS", hostPort)
	ts.Setenv(strings.ToUpper(name)+"_SITE", site)
}

// serveSite is the web server of a host.
func serveSite(ts *testscript.TestScript, name string) {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	ts.Check(err)
	files := http.FileServer(http.Dir(filepath.Join(ts.Getenv(strings.ToUpper(name)+"_SITE"), "current")))
	go func() { _ = http.Serve(listener, files) }()
	ts.Defer(func() { _ = listener.Close() })
	ts.Setenv(strings.ToUpper(name)+"_PORT", fmt.Sprint(listener.Addr().(*net.TCPAddr).Port))
}

// tools DIR [-PROGRAM]... makes a folder with links to every program that Slipway asks a host for, less the named ones: a PATH
// for a host.
func tools(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: tools DIR [-PROGRAM]...")
	}
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	for _, program := range slices.Concat([]string{"sh"}, release.Required, release.Optional) {
		if slices.Contains(args[1:], "-"+program) {
			continue
		}
		if path, err := exec.LookPath(program); err == nil {
			ts.Check(os.Symlink(path, filepath.Join(dir, program)))
		}
	}
}

// mount DIR OPTIONS mounts a tmpfs with options: size=64k, nr_inodes=20, ro, noexec. mount DIR OPTIONS remount changes them.
func mount(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: mount DIR OPTIONS [remount]")
	}
	dir, options := ts.MkAbs(args[0]), args[1]
	ts.Check(os.MkdirAll(dir, 0o755))
	if len(args) == 3 && args[2] == "remount" {
		ts.Check(needtest.Remount(dir, options))
		return
	}
	ts.Defer(needtest.Disk(ts.Value("t").(testing.TB), dir, options))
}

// need PROGRAM|root... skips the script where one of them is missing.
func need(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: need PROGRAM|root...")
	}
	for _, what := range args {
		if what == "root" {
			needtest.Root(ts.Value("t").(testing.TB))
		} else {
			needtest.Program(ts.Value("t").(testing.TB), what)
		}
	}
}

// newest NAME VARIABLE puts the ID of the release that was made last on a host into a variable.
func newest(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: newest NAME VARIABLE")
	}
	entries, err := os.ReadDir(filepath.Join(ts.Getenv(strings.ToUpper(args[0])+"_SITE"), "releases"))
	ts.Check(err)
	var last time.Time
	for _, entry := range entries {
		about, err := entry.Info()
		ts.Check(err)
		if about.ModTime().After(last) {
			last = about.ModTime()
			ts.Setenv(args[1], entry.Name())
		}
	}
}

// current NAME FILE TEXT fails unless current names a release in which the file holds the text; ! current NAME fails when
// there is any.
func current(ts *testscript.TestScript, neg bool, args []string) {
	link := filepath.Join(ts.Getenv(strings.ToUpper(args[0])+"_SITE"), "current")
	target, err := os.Readlink(link)
	if neg {
		if err == nil {
			ts.Fatalf("%s: current names %s", args[0], target)
		}
		return
	}
	ts.Check(err)
	if len(args) != 3 {
		ts.Fatalf("usage: current NAME FILE TEXT")
	}
	text, err := os.ReadFile(filepath.Join(link, args[1]))
	ts.Check(err)
	if strings.TrimSpace(string(text)) != args[2] {
		ts.Fatalf("%s: %s of %s is %q, wanted %q", args[0], args[1], target, text, args[2])
	}
}
