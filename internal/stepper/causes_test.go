package stepper

import (
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/deploy"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	const (
		bad = deploy.ReleaseID("20261122-073000-77aa001-02be44")
	)
	facts := deploy.Facts{}
	removable := func() string { return "; releases/" + string(bad) + " may be deleted" }
	noexec := deploy.Facts{NoExec: true}
	for _, c := range []struct {
		line  string
		shell string
		facts deploy.Facts
		want  string // in the hint; "" is none
		fault deploy.Fault
	}{
		{line: "OSError: [Errno 28] No space left on device: '/srv/x/main.css'", facts: facts, want: "releases/" + string(bad) + " may be deleted", fault: deploy.FaultHost},
		{line: "cp: error writing 'x': No space left on device", want: "the disk is full", fault: deploy.FaultHost},
		{line: "Disk quota exceeded", want: "quota -s", fault: deploy.FaultHost},
		{line: "ls: cannot open directory 'media': Stale file handle", want: "mount it again", fault: deploy.FaultHost},
		{line: "cp: cannot create 'media/x': Transport endpoint is not connected", want: "mount it again", fault: deploy.FaultHost},
		{line: "touch: cannot touch 'x': Read-only file system", want: "remount,rw", fault: deploy.FaultHost},
		{line: "sudo: a password is required", want: "NOPASSWD", fault: deploy.FaultHost},
		{line: "sudo: a terminal is required to read the password; either use the -S option", want: "NOPASSWD", fault: deploy.FaultHost},
		{line: "sudo: no tty present and no askpass program specified", want: "NOPASSWD", fault: deploy.FaultHost},
		{line: "sudo: sorry, you must have a tty to run sudo", want: "requiretty", fault: deploy.FaultHost},
		{line: "doas: a tty is required", want: "NOPASSWD", fault: deploy.FaultHost},
		{line: "deploy is not in the sudoers file.", want: "sudoers does not name", fault: deploy.FaultHost},
		{line: "Sorry, user deploy is not allowed to execute '/bin/systemctl restart x' as root on web1.", want: "sudoers does not name", fault: deploy.FaultHost},
		{line: "Failed to restart web.service: Interactive authentication required.", want: "sudo systemctl", fault: deploy.FaultHost},
		{line: "Failed to connect to bus: No such file or directory", want: "enable-linger", fault: deploy.FaultHost},
		{line: "Failed to connect to bus: $DBUS_SESSION_BUS_ADDRESS and $XDG_RUNTIME_DIR not defined (consider using --machine=)", want: "XDG_RUNTIME_DIR", fault: deploy.FaultHost},
		{line: "Failed to connect to user scope bus via local transport: No medium found", want: "enable-linger", fault: deploy.FaultHost},
		{line: "System has not been booted with systemd as init system (PID 1). Can't operate.", want: "no systemd", fault: deploy.FaultHost},
		{line: "script: 3: [[: not found", want: "shell: bash", fault: deploy.FaultContent},
		{line: "sh: source: not found", want: "shell: bash", fault: deploy.FaultContent},
		{line: "script: 1: function: not found", want: "shell: bash", fault: deploy.FaultContent},
		{line: `script: 2: Syntax error: "(" unexpected`, want: "shell: bash", fault: deploy.FaultContent},
		{line: `script: line 2: syntax error: unexpected "("`, want: "shell: bash", fault: deploy.FaultContent},
		{line: "script: 4: Bad substitution", want: "shell: bash", fault: deploy.FaultContent},
		{line: "script: 1: set: Illegal option -o pipefail", want: "shell: bash", fault: deploy.FaultContent},
		{line: "bash: source: command not found", shell: "bash -eu", want: "PATH of a step"},
		{line: "/srv/script: line 2: $'\\r': command not found", want: "CR LF", fault: deploy.FaultContent},
		{line: "script: 2: \r: not found", want: "CR LF", fault: deploy.FaultContent},
		{line: "bash: ./run: Permission denied", facts: noexec, want: "noexec", fault: deploy.FaultHost},
		{line: "sh: 1: ./run: Permission denied", want: "x bit"},
		{line: "./server: Exec format error", want: "another kind of machine", fault: deploy.FaultContent},
		{line: "./server: /lib/libc.so.6: version `GLIBC_2.38' not found (required by ./server)", want: "newer system", fault: deploy.FaultContent},
		{line: "fork: Cannot allocate memory", want: "memory", fault: deploy.FaultHost},
		{line: "script: 1: npm: not found", want: "PATH of a step"},
		{line: "Failed to establish a new connection: [Errno -2] Name or service not known')': /simple/django/", want: "https_proxy"},
		{line: "curl: (6) Could not resolve host: pypi.org", want: "the host does not reach that name"},
		{line: "bash: npm: command not found", shell: "bash", want: "PATH of a step"},
		{line: "AssertionError: 3 != 4"},
		{line: "page not found"},
	} {
		hint, fault := explain(deploy.Step{Shell: c.shell}, c.facts, removable, []string{"before", c.line, "after"})
		if (hint == "") != (c.want == "") || !strings.Contains(hint, c.want) || fault != c.fault {
			t.Errorf("%q: %q, %q", c.line, hint, fault)
		}
	}
}
