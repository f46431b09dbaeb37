package app_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"slipway/internal/app"
	"slipway/internal/sshtest"
)

// The scripts of testdata use the program as a person or a CI job does. Each begins with the case that it guards.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"host":    host,
			"current": current,
		},
	})
}

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"slipway": func() { os.Exit(app.Main(context.Background(), app.FromOS())) },
	})
}

// setup gives each script a key to log in with and nothing of the caller's environment that means anything to Slipway.
func setup(env *testscript.Env) error {
	key, authorized := sshtest.ClientKey()
	env.Values["authorized"] = authorized
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("TMPDIR", env.WorkDir)
	env.Setenv("KEY", key.Reveal())
	env.Setenv("LF", "\n")
	return os.WriteFile(filepath.Join(env.WorkDir, "key"), []byte(key.Reveal()), 0o600)
}

// host NAME [file] starts an SSH host with the root $WORK/NAME and appends it to the deploy file's hosts, to $HOSTS and to
// $KNOWN_HOSTS. Its variable PORT is that of an HTTP server for $WORK/NAME/site/current.
func host(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: host NAME")
	}
	root := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(root, 0o755))
	server, err := sshtest.Start(sshtest.Options{Root: root, AuthorizedKey: ts.Value("authorized").(string)})
	ts.Check(err)
	ts.Defer(func() { _ = server.Close() })
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	ts.Check(err)
	go func() {
		_ = http.Serve(listener, http.FileServer(http.Dir(filepath.Join(root, "site", "current"))))
	}()
	ts.Defer(func() { _ = listener.Close() })
	address, port := server.Addr()
	ts.Setenv("KNOWN_HOSTS", ts.Getenv("KNOWN_HOSTS")+server.HostKeyLine()+"\n")
	line := fmt.Sprintf("deploy@%s:%d name=%s deploy_path=%s/site", address, port, args[0], root)
	ts.Setenv("HOSTS", ts.Getenv("HOSTS")+line+"\n")
	ts.Setenv(strings.ToUpper(args[0])+"_PORT", fmt.Sprint(listener.Addr().(*net.TCPAddr).Port))
}

// current NAME [file text] fails unless current names a release in which file holds text; ! current NAME fails when there
// is any.
func current(ts *testscript.TestScript, neg bool, args []string) {
	link := filepath.Join(ts.MkAbs(args[0]), "site", "current")
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
