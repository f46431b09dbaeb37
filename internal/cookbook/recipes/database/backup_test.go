//go:build cookbook

package database_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

// TestBackup: what a backup is, on the disk and in the log.
func TestBackup(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *site) {
		programs := gate(t, "zstd")
		b := s.begin(t, programs, s.script(t, s.Kind+"/backup"))
		recipetest.Eventually(t, "the backup is written", func() bool { return exists(filepath.Join(programs, "there")) })
		for _, line := range commandLines(t) {
			if strings.Contains(line, recipetest.Password) || strings.Contains(line, s.URL("site")) {
				t.Errorf("the password is an argument: %q", line)
			}
		}
		if got := s.backups(t); len(got) > 0 {
			t.Errorf("a backup has its name before it is made: %q", got)
		}
		shelltest.Write(t, programs, map[string]string{"go": ""})
		if err := b.cmd.Wait(); err != nil {
			t.Fatalf("%v\n%s", err, b.out)
		}
		s.backup(t, "when", "after")

		backups := s.backups(t)
		name := regexp.MustCompile(`/site\.[0-9]{8}T[0-9]{6}Z\.(before|after)\.20261129-154100-1a2b3c4-9f3c51\.(dump|sql)\.zst$`)
		if len(backups) != 2 || !name.MatchString(backups[0]) || !strings.Contains(backups[0], ".before.") || !strings.Contains(backups[1], ".after.") {
			t.Fatalf("the backups are %q", backups)
		}
		for _, file := range append(backups, s.folder()) {
			info, err := os.Stat(file)
			if err != nil {
				t.Fatal(err)
			}
			if mode := info.Mode().Perm(); mode&0o077 != 0 {
				t.Errorf("%s has mode %o", file, mode)
			}
		}
		sums := exec.CommandContext(t.Context(), "sh", "-c", "sha256sum -c *.sha256")
		sums.Dir = s.folder()
		if out, err := sums.CombinedOutput(); err != nil || strings.Count(string(out), ": OK\n") != 2 {
			t.Errorf("%v: %s", err, out)
		}
		if got := files(t, s.folder()); len(got) != 4 {
			t.Errorf("the folder has %q", got)
		}
		text, err := os.ReadFile(backups[0])
		if err != nil || bytes.Contains(text, []byte("author 77")) {
			t.Errorf("it is not compressed: %v", err)
		}
	})
}

// commandLines are those of all processes.
func commandLines(t *testing.T) []string {
	t.Helper()
	needtest.Linux(t)
	all, _ := filepath.Glob("/proc/[0-9]*/cmdline") // the pattern is well-formed
	var lines []string
	for _, file := range all {
		text, _ := os.ReadFile(file) // the process may be gone
		lines = append(lines, strings.ReplaceAll(string(text), "\x00", " "))
	}
	return lines
}

// TestBusyBox: a host that has BusyBox, the server's clients and no zstd.
func TestBusyBox(t *testing.T) {
	t.Parallel()
	needtest.Programs(t, "busybox")
	busybox := needtest.Program(t, "busybox")
	applets, err := exec.CommandContext(t.Context(), busybox, "--list").Output()
	if err != nil {
		t.Fatal(err)
	}
	onEach(t, func(t *testing.T, s *site) {
		programs := t.TempDir()
		for _, applet := range strings.Fields(string(applets)) {
			if err := os.Symlink(busybox, filepath.Join(programs, applet)); err != nil {
				t.Fatal(err)
			}
		}
		for _, client := range []string{"psql", "pg_dump", "pg_restore", "mysql", "mysqldump"} {
			shelltest.Write(t, programs, map[string]string{client: "#!/bin/sh\nPATH=/usr/bin:/bin exec " + client + ` "$@"` + "\n"})
			if err := os.Chmod(filepath.Join(programs, client), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		step := func(recipe string, pairs ...string) shelltest.Outcome {
			return shelltest.Run(t, s.shell(), s.dir, s.script(t, recipe, pairs...), s.env("PATH="+programs)...)
		}
		step(s.Kind+"/backup", "keep_for", "24h").Expect(t, "a backup", false, "."+s.ending()+".gz, ")
		step(s.Kind+"/restore", "database", "site_copy", "of", "site").Expect(t, "a restore", false, "."+s.ending()+".gz\n")
		if s.rows(t, "site_copy") != s.rows(t, "site") {
			t.Error("the rows are others")
		}
		step("database/rehearse", "command", "true", "max", "5m").Expect(t, "a rehearsal", false, "slipway-note: ")
		shelltest.Write(t, s.dir, map[string]string{"x.zst": ""})
		step(s.Kind+"/restore", "database", "site_copy", "file", "x.zst").Expect(t, "a backup by zstd", true, "x.zst wants zstd: install it on this host")
	})
}

// TestBackupThatIsCutOff: whatever ends a backup early, none is there that could be taken for a good one, and the next run cleans up.
func TestBackupThatIsCutOff(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *site) {
		s.grow(t)
		script := s.script(t, s.Kind+"/backup")
		middle := func() (*begun, string) {
			programs := gate(t, "zstd")
			b := s.begin(t, programs, script)
			recipetest.Eventually(t, "the backup is written", func() bool { return exists(filepath.Join(programs, "there")) })
			return b, programs
		}

		b, _ := middle()
		b.kill()
		if got := s.backups(t); len(got) > 0 || len(files(t, s.folder())) != 1 {
			t.Errorf("killed: backups %q, files %q", got, files(t, s.folder()))
		}

		b, programs := middle()
		s.Kill()
		shelltest.Write(t, programs, map[string]string{"go": ""})
		if err := b.cmd.Wait(); err == nil || !strings.Contains(b.out.String(), "could not be read to its end") {
			t.Errorf("the server is gone: %v\n%s", err, b.out)
		}
		none(t, "the server is gone", s.folder())
		s.step(t, s.Kind+"/backup").Expect(t, "no server", true, "cannot be reached")
		none(t, "no server", s.folder())
		s.Start(t)

		unmount := needtest.Disk(t, s.folder(), "size=1m")
		t.Cleanup(unmount)
		s.step(t, s.Kind+"/backup").Expect(t, "the disk is full in the middle", true, "the backup cannot be written")
		none(t, "the disk is full in the middle", s.folder())
		// With something there the room is judged before.
		shelltest.Write(t, s.folder(), map[string]string{"site.20260101T000000Z.before.x." + s.ending() + ".zst": strings.Repeat("x", 700<<10), "site.20260101T000000Z.before.x." + s.ending() + ".zst.sha256": "x"})
		s.step(t, s.Kind+"/backup").Expect(t, "there is no room", true, "make room, or lower `keep`")
		unmount()

		s.backup(t)
		if got := files(t, s.folder()); len(got) != 2 {
			t.Errorf("afterwards: %q", got)
		}
	})
}

// grow adds three MiB that cannot be compressed.
func (s *site) grow(t *testing.T) {
	t.Helper()
	if s.Kind == "postgres" {
		s.SQL(t, "site", "CREATE EXTENSION pgcrypto; INSERT INTO book (cover) SELECT gen_random_bytes(1024) FROM generate_series(1, 3072)")
		return
	}
	s.SQL(t, "site", "INSERT INTO book (cover) SELECT RANDOM_BYTES(1024) FROM seq_1_to_3072")
}

func (s *site) ending() string { return map[string]string{"postgres": "dump", "mysql": "sql"}[s.Kind] }

// TestKept: old backups go by number and by age, the newest never, nor what is no backup of this database.
func TestKept(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *site) {
		old := func(stem string) {
			name := stem + ".before.20260101-000000-0000000-000000." + s.ending() + ".zst"
			shelltest.Write(t, s.folder(), map[string]string{name: "x", name + ".sha256": "x"})
		}
		all := func() string {
			var times []string
			for _, file := range s.backups(t) {
				times = append(times, strings.Split(filepath.Base(file), ".")[1][:4])
			}
			return strings.Join(times, " ")
		}
		for _, stem := range []string{"site.20210101T000000Z", "site.20220101T000000Z", "site.20230101T000000Z", "other.20210101T000000Z", "site-2.20210101T000000Z"} {
			old(stem)
		}
		shelltest.Write(t, s.folder(), map[string]string{"site.sql": "a dump made by hand"})
		s.backup(t, "keep", "3")
		if got := all(); got != "2022 2023 "+thisYear(t, s) {
			t.Errorf("keep 3: %s", got)
		}
		s.backup(t, "keep", "0")
		s.backup(t, "keep_for", "24h", "keep", "0")
		if got := strings.Fields(all()); len(got) != 3 || got[0] != thisYear(t, s) {
			t.Errorf("keep_for 24h: %q", got)
		}
		s.backup(t, "keep", "1", "keep_for", "1s")
		if got := len(s.backups(t)); got != 1 {
			t.Errorf("%d are left of keep 1", got)
		}
		left := files(t, s.folder())
		if len(left) != 7 {
			t.Errorf("left are %q", left)
		}
	})
}

// thisYear is that of the newest backup.
func thisYear(t *testing.T, s *site) string {
	t.Helper()
	backups := s.backups(t)
	return strings.Split(filepath.Base(backups[len(backups)-1]), ".")[1][:4]
}

// TestCopy: a backup is taken off the host by a command, and what its failure means is asked for.
func TestCopy(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *site) {
		s.backup(t, "copy", `mkdir store && cp "$1" "$1.sha256" store/ && [ "$1" = "$SLIPWAY_BACKUP" ]`)
		if got := files(t, filepath.Join(s.dir, "store")); len(got) != 2 {
			t.Errorf("the store has %q", got)
		}
		s.step(t, s.Kind+"/backup", "copy", "echo no route >&2; exit 3").Expect(t, "copy fails", true, "`copy` failed; the backup is here alone: "+s.folder())
		s.step(t, s.Kind+"/backup", "copy", "exit 3", "copy_required", "false").Expect(t, "copy may fail", false, ", NOT copied")
		// Everybody on the host may read a process's arguments.
		secret := s.step(t, s.Kind+"/backup", "copy", `: '${DATABASE_URL}'; tr "\0" " " </proc/$$/cmdline; echo`)
		if secret.Expect(t, "copy with a secret", false, " copy "+s.folder()); strings.Contains(secret.Out, s.URL("site")) {
			t.Errorf("a secret is an argument: %s", secret.Out)
		}
		if got := len(s.backups(t)); got != 4 {
			t.Errorf("%d backups", got)
		}
	})
}

// TestWhoLogsIn: each way to say it, and what is said where it is wrong.
func TestWhoLogsIn(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *site) {
		backup := func(env []string, pairs ...string) shelltest.Outcome {
			all := append(s.env(), append([]string{"DATABASE_URL=", "HOME=" + s.dir}, env...)...)
			return shelltest.Run(t, s.shell(), s.dir, s.script(t, s.Kind+"/backup", pairs...), all...)
		}
		shelltest.Write(t, s.dir, map[string]string{".env": "# DATABASE_URL=nothing\r\nOTHER=1\nexport DATABASE_URL='" + strings.ReplaceAll(s.URL("site"), "'", "%27") + "'\r\n"})
		backup(nil, "env_file", ".env").Expect(t, "a file", false, "slipway-note: site.")
		backup(nil, "env_file", ".env", "variable", "DB").Expect(t, "a file without it", true, ".env has no DB")
		backup(nil, "env_file", "nothing").Expect(t, "no file", true, "there is no nothing")
		backup([]string{"DB=" + s.URL("site")}, "variable", "DB").Expect(t, "another variable", false, "slipway-note: site.")
		backup(nil, "variable", "D B").Expect(t, "no variable", true, "`variable` must name a variable")
		backup([]string{"DATABASE_URL=sqlite:///x"}).Expect(t, "another engine", true, "DATABASE_URL is the URL of sqlite")
		backup([]string{"DATABASE_URL=" + s.Kind + "://site:a/b@localhost/site"}).Expect(t, "a password with a slash", true, "is written %2F")
		backup([]string{"DATABASE_URL=" + s.Kind + "://site:12/b@localhost/site"}).Expect(t, "a password with a slash behind digits", true, "is written %2F")
		backup([]string{"DATABASE_URL=" + strings.Replace(s.URL("site"), "site:", "site:wrong", 1)}).Expect(t, "a wrong password", true, "cannot be reached")
		backup([]string{"DATABASE_URL=" + s.URL("site")}, "database", "x;drop").Expect(t, "a wrong name", true, "cannot name a database")
		backup([]string{"DATABASE_URL=" + s.URL("site")}, "database", "none").Expect(t, "no database", true, "none")
		backup([]string{"DATABASE_URL=" + s.URL("site")}, "options", "--no-such-option").Expect(t, "a wrong option", true, "could not be read to its end")

		if s.Kind == "postgres" {
			quoted := strings.NewReplacer(`\`, `\\`, ":", `\:`).Replace(recipetest.Password)
			shelltest.Write(t, s.dir, map[string]string{
				".pgpass": "*:*:*:site:" + quoted + "\n", ".pg_service.conf": fmt.Sprintf("[live]\nhost=%s\nuser=site\ndbname=site\n", s.Folder),
			})
			backup([]string{"PGSERVICE=live"}).Expect(t, "a service and .pgpass", false, "slipway-note: site.")
			return
		}
		quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(recipetest.Password)
		option := fmt.Sprintf("[client]\nuser=site\npassword=\"%s\"\nsocket=%s/s\n", quoted, s.Folder)
		shelltest.Write(t, s.dir, map[string]string{"own.cnf": option})
		backup(nil, "database", "site", "defaults_file", "own.cnf").Expect(t, "an option file", false, "slipway-note: site.")
		backup(nil, "database", "site", "defaults_file", "none.cnf").Expect(t, "no option file", true, "there is no none.cnf")
		backup(nil, "defaults_file", "own.cnf").Expect(t, "no database is named", true, "which database?")
		shelltest.Write(t, s.dir, map[string]string{".my.cnf": option})
		backup(nil, "database", "site").Expect(t, ".my.cnf", false, "slipway-note: site.")
	})
}
