package app

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/term"

	"github.com/slipway/slipway/internal/attest"
)

// Env is the world as the program sees it: everything that would otherwise be a global of package os.
type Env struct {
	Program   string // the name that the program was called by, without folders
	Args      []string
	Stdout    io.Writer
	Stderr    io.Writer
	LookupEnv func(string) (string, bool)
	Environ   func() []string // all variables, NAME=value
	Dir       string          // the working directory, where the deploy file lies
	TempDir   string          // for the payload; never the workspace
	Terminal  bool            // Stdout is a terminal
	Width     int             // of the terminal, in columns; 0 is unknown

	Verifier string // path of the program that verifies attestations

	Lease time.Duration // after which a lock that stood still is a dead owner's; 0 is the usual one
}

// FromOS is the world of the process. In CI the runner's own temporary folder is taken, which it clears after the job.
func FromOS() Env {
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	env := Env{
		Program: filepath.Base(os.Args[0]), Args: os.Args[1:], Stdout: os.Stdout, Stderr: os.Stderr, LookupEnv: os.LookupEnv, Environ: os.Environ,
		Dir: dir, TempDir: os.TempDir(), Terminal: term.IsTerminal(int(os.Stdout.Fd())),
	}
	if program, err := os.Executable(); err == nil {
		env.Verifier = attest.Beside(program)
	}
	if width, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
		env.Width = width
	}
	return env
}

// Getenv is the value of a variable, "" when it is not set.
func (e Env) Getenv(name string) string {
	value, _ := e.LookupEnv(name)
	return value
}

// Files is the working directory, for reading.
func (e Env) Files() fs.FS { return os.DirFS(e.Dir) }
