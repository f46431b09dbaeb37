package stepper

import (
	"strings"

	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
)

// cause is why a step failed, as the last lines of its output show it.
type cause struct {
	says  *lazyregexp.Regexp
	when  func(s deploy.Step, f deploy.Facts) bool // nil is always
	hint  string
	fault deploy.Fault // "" is not known
	full  bool         // the disk is full: what may be deleted is added to the hint
}

// causes are the known ones, the most specific first: the first that fits counts. The words are those of the C
// library, of coreutils and BusyBox, and of the shells, in English: steps run with LANG=C.UTF-8 unless they say otherwise.
var causes = []cause{
	{
		says:  lazyregexp.New(`(?i)no space left on device|write error: no space|could not write .*: no space|the disk of the host was full`),
		fault: deploy.FaultHost,
		hint:  "the disk is full: free space on the host, or lower `keep_releases`",
		full:  true,
	},
	{
		says:  lazyregexp.New(`(?i)disk quota exceeded`),
		fault: deploy.FaultHost,
		hint:  "raise the deploy user's quota (`quota -s` on the host says which), or lower `keep_releases`",
		full:  true,
	},
	{
		says:  lazyregexp.New(`(?i)stale (nfs )?file handle|transport endpoint is not connected|host is down|required key not available|no such device|input/output error`),
		fault: deploy.FaultHost,
		hint:  "a disk that the step needs is away or broken, a folder in `shared` perhaps: `mount` and `dmesg` on the host say which; mount it again",
	},
	{
		says:  lazyregexp.New(`(?i)read-only file system`),
		fault: deploy.FaultHost,
		hint:  "find out why it is mounted read-only (`dmesg`: the kernel does so after a disk error), then `mount -o remount,rw` it",
	},
	{
		says:  lazyregexp.New(`sudo: (a password is required|a terminal is required|no tty present|sorry, you must have a tty)|doas: (a tty is required|Authentication (failed|required))|sudo: .*askpass`),
		fault: deploy.FaultHost,
		hint:  "let the deploy user run this one command without a password (NOPASSWD in sudoers, and no requiretty for it: docs/secure-hosts.md)",
	},
	{
		says:  lazyregexp.New(`is not in the sudoers file|is not allowed to (execute|run sudo)|may not run sudo|doas: Operation not permitted`),
		fault: deploy.FaultHost,
		hint:  "sudoers does not name this very command for the deploy user: path and arguments must be the same (docs/secure-hosts.md)",
	},
	{
		says:  lazyregexp.New(`Interactive authentication required|Access denied as the requested operation requires`),
		fault: deploy.FaultHost,
		hint:  "systemd wants root for this unit: `sudo systemctl ...` with a rule in sudoers, or a unit of the user's own (`systemctl --user`; docs/secure-hosts.md)",
	},
	{
		says:  lazyregexp.New(`Failed to connect to (the )?(user scope )?bus|DBUS_SESSION_BUS_ADDRESS and \$?XDG_RUNTIME_DIR not defined|Failed to get D-Bus connection`),
		fault: deploy.FaultHost,
		hint: "`systemctl --user` needs the user's own manager: once `loginctl enable-linger` for the deploy user, as root, and in the step " +
			"`export XDG_RUNTIME_DIR=/run/user/$(id -u)`",
	},
	{
		says:  lazyregexp.New(`System has not been booted with systemd`),
		fault: deploy.FaultHost,
		hint:  "this host has no systemd that runs: restart the program by what runs it there (docs/recipes.md)",
	},
	{
		says:  lazyregexp.New(`\\r'?: |\\r': No such file|\^M|bad interpreter: .*\r|: \r: not found|\r: (command )?not found|env: ‘?'?[^ ]*\r`),
		fault: deploy.FaultContent,
		hint:  "the script has line ends of Windows (CR LF): save it with LF, in git by `*.sh text eol=lf` in .gitattributes",
	},
	{
		says: lazyregexp.New(`(\[\[|source|declare|typeset|shopt|pushd|popd|function|let|mapfile|readarray): (command )?not found|` +
			`Syntax error: "\(" unexpected|syntax error: unexpected "\("|[Bb]ad substitution|(Illegal|illegal) option -o pipefail|syntax error: unexpected redirection|Syntax error: redirection unexpected`),
		when:  runsWithSh,
		fault: deploy.FaultContent,
		hint:  "that is bash, and a step runs with sh: write it for sh (`[ ]`, `.`, no arrays), or set the step's `shell: bash -eu`",
	},
	{
		says:  lazyregexp.New(`Exec format error|cannot execute binary file`),
		fault: deploy.FaultContent,
		hint:  "it was built for another kind of machine than this host (`uname -m`), or is no program at all",
	},
	{
		says:  lazyregexp.New("version [`'‘]?(GLIBC|GLIBCXX)_[0-9.]+['’]? not found"),
		fault: deploy.FaultContent,
		hint:  "it was built on a newer system than this host: build on one as old as the oldest host",
	},
	{
		says: lazyregexp.New(`(?i)name or service not known|temporary failure in name resolution|could not resolve host|getaddrinfo (EAI_AGAIN|ENOTFOUND)|network is unreachable`),
		hint: "the host does not reach that name: its DNS, a firewall, or a proxy, which steps know of `vars` alone (`https_proxy`); packages can lie in the artifact",
	},
	{
		says:  lazyregexp.New(`(?i)cannot allocate memory|out of memory|MemoryError|heap out of memory`),
		fault: deploy.FaultHost,
		hint:  "the host ran out of memory: `free -m` and `dmesg` there say what took it",
	},
	{
		says:  lazyregexp.New(`(?i)permission denied`),
		when:  func(_ deploy.Step, f deploy.Facts) bool { return f.NoExec },
		fault: deploy.FaultHost,
		hint:  "the deploy path is mounted noexec: name the interpreter (`sh bin/x`), or mount it with exec",
	},
	{
		says: lazyregexp.New(`(?i)permission denied|operation not permitted`),
		hint: "the deploy user may not do this (docs/secure-hosts.md), or the file lost its x bit before it was packed",
	},
	{
		says: lazyregexp.New(`command not found|: not found|applet not found`),
		hint: "PATH of a step is /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; name the command by its path",
	},
}

// explain returns a hint for what a failing step printed last, and whose fault it was; zero values where no cause is known.
// removable names what may be deleted when the disk is full.
func explain(s deploy.Step, f deploy.Facts, removable func() string, tail []string) (hint string, fault deploy.Fault) {
	text := strings.Join(tail, "\n")
	for _, c := range causes {
		if c.says.MatchString(text) && (c.when == nil || c.when(s, f)) {
			if c.full {
				return c.hint + removable(), c.fault
			}
			return c.hint, c.fault
		}
	}
	return "", ""
}

// runsWithSh reports whether a step's interpreter is a POSIX sh.
func runsWithSh(s deploy.Step, _ deploy.Facts) bool {
	program, _, _ := strings.Cut(s.Shell, " ")
	return program == "" || program == "sh" || strings.HasSuffix(program, "/sh") || strings.HasSuffix(program, "dash")
}
