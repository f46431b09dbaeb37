//go:build cookbook

// Package database_test runs the recipes of postgres/, mysql/ and database/ with the real servers. What both servers must bear is one test.
package database_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

func TestMain(m *testing.M) { needtest.RunWaiting(m) }

// site is a database with a hundred rows, on a server of its own, and the deploy path of who backs it up.
type site struct {
	*recipetest.Database
	dir   string
	shell func() []string // one after the other
}

// onEach runs a test with each server, its steps in the shells by turns.
func onEach(t *testing.T, test func(t *testing.T, s *site)) {
	t.Helper()
	for kind, start := range map[string]func(*testing.T) *recipetest.Database{"postgres": recipetest.Postgres, "mysql": recipetest.MySQL} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := &site{Database: start(t), dir: t.TempDir(), shell: shelltest.InTurns(t)}
			s.fill(t, "site", "live")
			test(t, s)
		})
	}
}

// fill makes two tables with what is hard to bring from one database to another.
func (s *site) fill(t *testing.T, database, word string) {
	t.Helper()
	if s.Kind == "postgres" {
		s.SQL(t, database, `CREATE TABLE author (id serial PRIMARY KEY, name text NOT NULL);
CREATE TABLE book (id serial PRIMARY KEY, author_id int REFERENCES author (id), title text, cover bytea, sold timestamptz);
INSERT INTO author (name) SELECT 'author ' || n FROM generate_series(1, 100) n;
INSERT INTO book (author_id, title, cover, sold) SELECT n, '`+word+` ' || n || E'\n\t\\. ''é☃', decode(md5(n::text), 'hex'), '2026-01-02 03:04:05+00'::timestamptz FROM generate_series(1, 100) n;
INSERT INTO book (title) VALUES (NULL);
ALTER TABLE author OWNER TO site; ALTER TABLE book OWNER TO site;
ALTER DATABASE `+database+` SET work_mem = '5MB'; GRANT CONNECT ON DATABASE `+database+` TO pg_monitor;`)
		return
	}
	s.SQL(t, database, `CREATE TABLE author (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(99) NOT NULL) ENGINE=InnoDB;
CREATE TABLE book (id INT AUTO_INCREMENT PRIMARY KEY, author_id INT, title TEXT, cover BLOB, sold DATETIME, CONSTRAINT of_author FOREIGN KEY (author_id) REFERENCES author (id)) ENGINE=InnoDB;
INSERT INTO author (name) SELECT CONCAT('author ', seq) FROM seq_1_to_100;
INSERT INTO book (author_id, title, cover, sold) SELECT seq, CONCAT('`+word+` ', seq, '\n\t\\. ''é☃'), UNHEX(MD5(seq)), '2026-01-02 03:04:05' FROM seq_1_to_100;
INSERT INTO book (title) VALUES (NULL);`)
}

// rows are all rows of a database.
func (s *site) rows(t *testing.T, database string) string {
	t.Helper()
	cover := "encode(cover, 'hex')"
	if s.Kind == "mysql" {
		cover = "HEX(cover)"
	}
	return s.SQL(t, database, "SELECT * FROM author ORDER BY id; SELECT id, author_id, title, "+cover+", sold FROM book ORDER BY id;")
}

// env is what a step sees.
func (s *site) env(more ...string) []string {
	return append([]string{
		"DATABASE_URL=" + s.URL("site"), "SLIPWAY_SHARED_PATH=" + filepath.Join(s.dir, "shared"), "SLIPWAY_RELEASE=20261129-154100-1a2b3c4-9f3c51",
		"SLIPWAY_HOST=web1", "SLIPWAY_DEPLOY_PATH=" + s.dir,
	}, more...)
}

// step runs a recipe; pairs are its parameters.
func (s *site) step(t *testing.T, recipe string, pairs ...string) shelltest.Outcome {
	t.Helper()
	return shelltest.Run(t, s.shell(), s.dir, s.script(t, recipe, pairs...), s.env()...)
}

func (s *site) script(t *testing.T, recipe string, pairs ...string) string {
	t.Helper()
	with := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		with[pairs[i]] = pairs[i+1]
	}
	return recipetest.Rendered(t, recipe, with)
}

// backup makes one that must succeed.
func (s *site) backup(t *testing.T, pairs ...string) {
	t.Helper()
	s.step(t, s.Kind+"/backup", pairs...).Expect(t, "backup", false, "slipway-note: site.20")
}

func (s *site) folder() string { return filepath.Join(s.dir, "shared/backups") }

// files are the names in a folder, also those that begin with a dot.
func files(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// backups are the paths of the backups, the oldest first.
func (s *site) backups(t *testing.T) []string {
	t.Helper()
	var found []string
	for _, name := range files(t, s.folder()) {
		if strings.HasPrefix(name, "site.2") && !strings.HasSuffix(name, ".sha256") {
			found = append(found, filepath.Join(s.folder(), name))
		}
	}
	return found
}

// none asserts that a folder has no file at all.
func none(t *testing.T, what, folder string) {
	t.Helper()
	if left := files(t, folder); len(left) > 0 {
		t.Errorf("%s: %s has %q", what, folder, left)
	}
}

// only asserts which databases there are.
func (s *site) only(t *testing.T, what string, want ...string) {
	t.Helper()
	if got := s.Names(t); !slices.Equal(got, want) {
		t.Errorf("%s: databases %q, want %q", what, got, want)
	}
}

// begun is a recipe that runs in a process group of its own.
type begun struct {
	cmd *exec.Cmd
	out *output
}

// output is what it printed so far.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(text []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(text)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// begin starts a recipe with programs of the test before the host's own.
func (s *site) begin(t *testing.T, programs, script string) *begun {
	t.Helper()
	shell := append(s.shell(), "-eu", "-c", script)
	b := &begun{exec.Command(shell[0], shell[1:]...), &output{}}
	b.cmd.Dir, b.cmd.Stdout, b.cmd.Stderr = s.dir, b.out, b.out
	b.cmd.Env = s.env("HOME="+s.dir, "PATH="+programs+":/usr/sbin:/usr/bin:/sbin:/bin")
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return b
}

// kill ends all of it, and tells none of it.
func (b *begun) kill() {
	_ = syscall.Kill(-b.cmd.Process.Pid, syscall.SIGKILL)
	_ = b.cmd.Wait()
}

// gate is a folder with a program that stands in a pipe: it lets 64 KiB pass, says so by a file `there`, and goes on when there is a file `go`.
func gate(t *testing.T, program string) string {
	t.Helper()
	dir := t.TempDir()
	shelltest.Write(t, dir, map[string]string{program: fmt.Sprintf(`#!/bin/sh
case " $* " in
*" --list "* | *" -d"*) ;;
*)
	touch %[1]s/there
	until [ -e %[1]s/go ]; do sleep 0.05; done ;;
esac
exec /usr/bin/%[2]s "$@"
`, dir, program)})
	if err := os.Chmod(filepath.Join(dir, program), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
