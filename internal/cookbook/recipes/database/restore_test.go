//go:build cookbook

package database_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
)

// TestRestore: all rows come back, into a database that is not there, that is empty, and that is in use.
func TestRestore(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *site) {
		recipe := s.Kind + "/restore"
		s.step(t, recipe, "database", "site").Expect(t, "no backup", true, "there is no backup of site in ")
		s.step(t, recipe, "database", "site", "when_none", "pass").Expect(t, "no backup is no error", false, "slipway-note: no backup of site")
		live := s.rows(t, "site")
		s.backup(t)

		s.step(t, recipe, "database", "site_new", "of", "site").Expect(t, "a new database", false, "slipway-note: site_new is site.2")
		s.step(t, recipe, "database", "site_new", "of", "site").Expect(t, "not empty", true, "set `replace: true`")
		if got := s.rows(t, "site_new"); got != live {
			t.Errorf("the new database has\n%s\nwant\n%s", got, live)
		}
		s.only(t, "restored once", "site", "site_new")

		// The database goes on: rows change, a table comes that the backup has not, and somebody is connected.
		s.SQL(t, "site", "UPDATE book SET title = 'changed'; CREATE TABLE later (id INT PRIMARY KEY)")
		open := s.connect(t)
		s.step(t, recipe, "database", "site").Expect(t, "the live one without a word", true, "site is not empty, and would be lost")
		s.step(t, recipe, "database", "site", "replace", "true").Expect(t, "the live one", false, "slipway-note: site is site.2")
		open()
		if got := s.rows(t, "site"); got != live {
			t.Errorf("the live database has\n%s\nwant\n%s", got, live)
		}
		s.only(t, "replaced", "site", "site_new")
		if got := s.SQL(t, "site", "SELECT count(*) FROM information_schema.tables WHERE table_name = 'later' AND table_schema IN ('site', 'public')"); got != "0" {
			t.Error("a table that the backup has not is still there")
		}
		if s.Kind == "postgres" {
			got := s.SQL(t, "postgres", "SELECT pg_get_userbyid(datdba), datacl, (SELECT setconfig FROM pg_db_role_setting WHERE setdatabase = d.oid) FROM pg_database d WHERE datname = 'site'")
			if !strings.HasPrefix(got, "site|{") || !strings.Contains(got, "pg_monitor=c/site") || !strings.HasSuffix(got, "|{work_mem=5MB}") {
				t.Errorf("owner, rights and settings are %s", got)
			}
		}
		// What refers to other rows does so still, and numbers go on.
		s.SQL(t, "site", "INSERT INTO author (name) VALUES ('next')")
		if got := s.SQL(t, "site", "SELECT count(*) FROM author WHERE id > 100"); got != "1" {
			t.Errorf("%s rows have a number above those of the backup", got)
		}
		if _, err := s.Ask(t.Context(), "site", "INSERT INTO book (author_id) VALUES (4711)"); err == nil || !strings.Contains(err.Error(), "foreign key") {
			t.Errorf("a book of nobody: %v", err)
		}
	})
}

// connect holds a connection to the live database, as an application does.
func (s *site) connect(t *testing.T) (end func()) {
	t.Helper()
	cmd := exec.Command("mysql", "--no-defaults", "--socket="+s.Folder+"/s", "--user=root", "--database=site")
	if s.Kind == "postgres" {
		cmd = exec.Command("psql", "-X", "-q", s.URL("site"))
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintln(in, "SELECT 1;"); err != nil {
		t.Fatal(err)
	}
	recipetest.Eventually(t, "a connection", func() bool {
		if s.Kind == "postgres" {
			return s.SQL(t, "postgres", "SELECT count(*) FROM pg_stat_activity WHERE datname = 'site'") == "1"
		}
		return s.SQL(t, "mysql", "SELECT count(*) FROM information_schema.processlist WHERE db = 'site'") == "1"
	})
	return func() {
		_ = in.Close()
		_ = cmd.Wait()
	}
}

// TestBadBackup: what is not what was written is refused, before anything is changed.
func TestBadBackup(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *site) {
		s.grow(t)
		live := s.rows(t, "site")
		s.backup(t)
		good := s.backups(t)[0]
		text, err := os.ReadFile(good)
		if err != nil {
			t.Fatal(err)
		}
		plain := filepath.Join(s.dir, "plain")
		shell := func(script string) string {
			cmd := exec.CommandContext(t.Context(), "sh", "-euc", script)
			cmd.Dir = s.dir
			cmd.Env = append(os.Environ(), "good="+good)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", script, err, out)
			}
			return ""
		}
		shell("zstd -dc <$good >plain; size=$(stat -c %s plain); half=$((size / 2))\n" +
			"head -c $half plain | zstd -q >inner.zst; head -c $((size - 100)) plain | zstd -q >end.zst; zstd -q </dev/null >empty.zst; echo hello | zstd -q >other.zst\n" +
			"printf 'USE site;\\n-- Dump completed\\n' | zstd -q >use.zst")
		flipped := []byte(string(text))
		flipped[len(flipped)/2] ^= 1
		shelltest.Write(t, s.dir, map[string]string{"cut.zst": string(text[:len(text)-1000]), "flipped.zst": string(flipped), "sum.zst": string(text), "sum.zst.sha256": strings.Repeat("0", 64) + "  sum.zst\n"})
		for file, says := range map[string]string{
			"cut.zst": "is not whole", "flipped.zst": "is not whole", "inner.zst": "is not whole", "end.zst": "is not whole", "empty.zst": "is not whole", "other.zst": "is not whole",
			"use.zst": "is not whole", "sum.zst": "is not what its checksum says", "none.zst": "cannot read a backup", "plain": "is none of the cookbook's backups",
		} {
			s.step(t, s.Kind+"/restore", "database", "site", "replace", "true", "file", file).Expect(t, file, true, says)
		}
		if s.rows(t, "site") != live {
			t.Error("the live rows are others")
		}
		s.only(t, "refused", "site")
		if err := os.Remove(plain); err != nil {
			t.Fatal(err)
		}
		// The newest backup is refused where it is not whole, and none older is taken in silence.
		if err := os.WriteFile(good, text[:len(text)/2], 0o600); err != nil {
			t.Fatal(err)
		}
		s.step(t, s.Kind+"/restore", "database", "site", "replace", "true").Expect(t, "the newest one", true, "is not what its checksum says")
	})
}

// TestRestoreThatFails: the old data are as they were when a restore fails half way, is killed, or cannot put the new data in place.
func TestRestoreThatFails(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *site) {
		restore := func() shelltest.Outcome { return s.step(t, s.Kind+"/restore", "database", "site", "replace", "true") }
		s.grow(t)
		if s.Kind == "postgres" {
			s.SQL(t, "site", "CREATE ROLE reader; CREATE TABLE zoo (id int); ALTER TABLE zoo OWNER TO reader; GRANT SELECT ON zoo TO site")
		}
		s.backup(t)
		s.SQL(t, "site", "DELETE FROM book WHERE id > 50; UPDATE book SET title = 'newer'")
		live := s.rows(t, "site")
		unchanged := func(what string) {
			t.Helper()
			if s.rows(t, "site") != live {
				t.Errorf("%s: the live rows are others", what)
			}
		}

		// Killed while the rows come in.
		client := map[string]string{"postgres": "pg_restore", "mysql": "mysql"}[s.Kind]
		programs := t.TempDir()
		shelltest.Write(t, programs, map[string]string{client: fmt.Sprintf(`#!/bin/sh
case " $* " in
*" --file="* | *" --list "*) exec /usr/bin/%[2]s "$@" ;;
*" --database=slipway"* | *" -d slipway"*) head -c 1048576 | /usr/bin/%[2]s "$@"; touch %[1]s/there; sleep 600 ;;
*) exec /usr/bin/%[2]s "$@" ;;
esac
`, programs, client)})
		if err := os.Chmod(filepath.Join(programs, client), 0o700); err != nil {
			t.Fatal(err)
		}
		b := s.begin(t, programs, s.script(t, s.Kind+"/restore", "database", "site", "replace", "true"))
		recipetest.Eventually(t, "half of it is restored", func() bool { return exists(filepath.Join(programs, "there")) })
		b.kill()
		unchanged("killed")
		if got := s.Names(t); len(got) < 2 {
			t.Errorf("killed: there is no half restored database: %q", got)
		}

		if s.Kind == "postgres" {
			s.SQL(t, "site", "ALTER TABLE zoo OWNER TO site; REVOKE ALL ON zoo FROM reader; DROP ROLE reader")
			restore().Expect(t, "a role is missing", true, "set `owners: false`")
			unchanged("a role is missing")
			s.only(t, "a role is missing", "site")
			s.step(t, "postgres/restore", "database", "site", "replace", "true", "owners", "false").Expect(t, "without owners", false, "slipway-note: site is")
		} else {
			s.SQL(t, "site", "CREATE DEFINER=site@localhost VIEW titles AS SELECT title FROM book")
			restore().Expect(t, "a view is there", true, "site has view titles: only tables")
			s.SQL(t, "site", "DROP VIEW titles; CREATE DEFINER=site@localhost TRIGGER stamp BEFORE INSERT ON book FOR EACH ROW SET NEW.title = 'x'")
			restore().Expect(t, "a trigger is there", true, "site has trigger stamp: only tables")
			unchanged("a view or trigger is there")
			s.backup(t)
			s.SQL(t, "site", "DROP TRIGGER stamp")
			restore().Expect(t, "a trigger in the backup", true, ".zst has trigger stamp: only tables")
			unchanged("a trigger in the backup")
			shelltest.Write(t, s.dir, map[string]string{"half.sql": "CREATE TABLE author (id INT);\nINSERT INTO author VALUES (1);\nINSERT INTO nothing VALUES (1);\n-- Dump completed\n"})
			if out, err := exec.CommandContext(t.Context(), "zstd", "-q", filepath.Join(s.dir, "half.sql")).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			s.step(t, "mysql/restore", "database", "site", "replace", "true", "file", "half.sql.zst").Expect(t, "a statement fails", true, "the backup cannot be restored")
			unchanged("a statement fails")
			s.only(t, "refused", "site")
			s.SQL(t, "mysql", "CREATE DATABASE slipway_"+s.sum()+"_old; CREATE TABLE slipway_"+s.sum()+"_old.author (id INT)")
			restore().Expect(t, "an older one was cut off", true, "from a restore that was cut off while the server stopped")
			unchanged("an older one was cut off")
			s.SQL(t, "mysql", "CREATE TABLE slipway_"+s.sum()+"_old.slipway_replaced (id INT)")
			s.step(t, "mysql/restore", "database", "site", "replace", "true", "file", s.backups(t)[0]).Expect(t, "in the end", false, "slipway-note: site is")
		}
		s.only(t, "in the end", "site")
		if got := s.SQL(t, "site", "SELECT count(*) FROM book"); got != "3173" {
			t.Errorf("%s books in the end", got)
		}
	})
}

// sum is what the names of databases have that the recipes make for this deploy path.
func (s *site) sum() string {
	return fmt.Sprintf("%x", sha256.Sum256([]byte("web1 "+s.dir+"\n")))[:12]
}
