//go:build cookbook

package django_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/cookbook/recipetest"
	"github.com/slipway/slipway/internal/cookbook/shelltest"
	"github.com/slipway/slipway/internal/needtest"
)

// server is a PostgreSQL of the test's own, behind a socket in its folder.
type server struct{ dir string }

func postgres(t *testing.T) *server {
	t.Helper()
	needtest.Programs(t, "psql", "su")
	bins, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(bins) == 0 {
		needtest.Skip(t, "PostgreSQL's server is missing (Debian's postgresql)")
	}
	if exec.CommandContext(t.Context(), recipetest.Python, "-c", "import psycopg2").Run() != nil {
		needtest.Skip(t, "psycopg2 is missing (Debian's python3-psycopg2)")
	}
	bin := filepath.Dir(bins[len(bins)-1])
	dir, err := os.MkdirTemp("", "pg") //nolint:usetesting // the server's user may look into no folder of the test's
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	// It refuses to run as root.
	as := func(command string) {
		t.Helper()
		args := []string{"sh", "-c", command}
		if os.Getuid() == 0 {
			args = []string{"su", "postgres", "-s", "/bin/sh", "-c", command}
		}
		if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %s%v", command, out, err)
		}
	}
	if os.Getuid() == 0 {
		if out, err := exec.CommandContext(t.Context(), "chown", "postgres", dir).CombinedOutput(); err != nil {
			t.Fatalf("%s%v", out, err)
		}
	}
	data := filepath.Join(dir, "data")
	as(fmt.Sprintf("%s/initdb -D %s -A trust -U site --no-sync >/dev/null", bin, data))
	as(fmt.Sprintf("%s/pg_ctl -D %s -w -l %s/log -o \"-c fsync=off -c listen_addresses='' -c unix_socket_directories=%s\" start >/dev/null", bin, data, dir, dir))
	t.Cleanup(func() { as(fmt.Sprintf("%s/pg_ctl -D %s -m immediate stop >/dev/null", bin, data)) })
	return &server{dir: dir}
}

// sql runs a statement, and gives what it prints.
func (s *server) sql(ctx context.Context, statement string) (string, error) {
	out, err := exec.CommandContext(ctx, "psql", "-X", "-h", s.dir, "-U", "site", "-d", "postgres", "-qtA", "-v", "ON_ERROR_STOP=1", "-c", statement).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// session holds what a statement in a transaction locks, until it is ended.
func (s *server) session(t *testing.T, statement string) (end func()) {
	t.Helper()
	cmd := exec.Command("psql", "-X", "-h", s.dir, "-U", "site", "-d", "postgres", "-q")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(in, "BEGIN; %s; SELECT 'held' AS \"as\" \\g %s/held\n", statement, s.dir); err != nil {
		t.Fatal(err)
	}
	recipetest.Eventually(t, "the session holds its lock", func() bool {
		_, err := os.Stat(s.dir + "/held")
		return err == nil
	})
	var done bool
	end = func() {
		if done {
			return
		}
		done = true
		_ = in.Close() // the transaction ends with it
		_ = cmd.Wait()
		_ = os.Remove(s.dir + "/held")
	}
	t.Cleanup(end)
	return end
}

// shop is a Django project with one model, and a migration that changes its table.
func (s *server) shop(t *testing.T, options string) (step func(with map[string]string, env ...string) shelltest.Outcome) {
	t.Helper()
	dir := t.TempDir()
	shelltest.Write(t, dir, map[string]string{
		"manage.py": manage,
		"settings.py": fmt.Sprintf("SECRET_KEY = 'x'\nINSTALLED_APPS = ['shop']\nDATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', "+
			"'NAME': 'postgres', 'USER': 'site', 'HOST': %q, 'OPTIONS': {%s}}}\n", s.dir, options),
		"shop/__init__.py": "", "shop/migrations/__init__.py": "",
		"shop/migrations/0001_initial.py": `from django.db import migrations, models
class Migration(migrations.Migration):
    operations = [migrations.CreateModel("Cart", [("id", models.AutoField(primary_key=True))])]
`,
		"shop/migrations/0002_note.py": `from django.db import migrations, models
class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.AddField("cart", "note", models.TextField(null=True))]
`,
	})
	shell := shelltest.InTurns(t)
	return func(with map[string]string, env ...string) shelltest.Outcome {
		all := map[string]string{"python": recipetest.Python}
		for name, value := range with {
			all[name] = value
		}
		return shelltest.Run(t, shell(), dir, recipetest.Rendered(t, "django/migrate", all), env...)
	}
}

// readers ask the table all the time until they are ended, and give how long the slowest answer took.
func (s *server) readers(t *testing.T) (end func() time.Duration) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	slowest := make(chan time.Duration)
	go func() {
		var worst time.Duration
		for ctx.Err() == nil {
			began := time.Now()
			if out, err := s.sql(context.WithoutCancel(ctx), "SELECT count(*) FROM shop_cart"); err != nil {
				t.Errorf("a reader gets %s, %v", out, err)
			}
			worst = max(worst, time.Since(began))
		}
		slowest <- worst
	}()
	return func() time.Duration {
		cancel()
		return <-slowest
	}
}

// TestMigrateLock: a migration that waits for somebody's lock holds up readers for lock_timeout and no longer, is tried again, and says
// why when it gives up.
func TestMigrateLock(t *testing.T) {
	t.Parallel()
	s := postgres(t)
	migrate := s.shop(t, "")
	if _, err := s.sql(t.Context(), "CREATE TABLE django_migrations (id serial, app varchar, name varchar, applied timestamptz)"); err != nil {
		t.Fatal(err)
	}
	if out, err := s.sql(t.Context(), "CREATE TABLE shop_cart (id serial primary key); INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0001_initial', now())"); err != nil {
		t.Fatal(out, err)
	}

	// A report that reads: it keeps no reader waiting, only who would change the table.
	end := s.session(t, "SELECT * FROM shop_cart")
	slowest := s.readers(t)
	gives := migrate(map[string]string{"lock_timeout": "1s", "tries": "2"})
	gives.Expect(t, "a lock that stays", true, "Planned operations:\nshop.0002_note\n    Add field note to cart\n")
	gives.Expect(t, "a lock that stays", true, "try 2 of 2 begins in 1s\n")
	gives.Expect(t, "a lock that stays", true, "somebody holds a lock for longer than 1s, 2 times")
	if strings.Contains(gives.Out, "slipway-note") {
		t.Errorf("nothing was applied:\n%s", gives.Out)
	}
	if took := slowest(); took < 500*time.Millisecond || took > 10*time.Second {
		t.Errorf("the slowest reader waited %s", took)
	}

	// It ends while the second try waits.
	go func() {
		defer end()
		select {
		case <-time.After(1500 * time.Millisecond):
		case <-t.Context().Done():
		}
	}()
	migrate(map[string]string{"lock_timeout": "1s", "tries": "20"}).Expect(t, "a lock that goes", false, "slipway-note: 1 applied: shop.0002\n")
	if got, err := s.sql(t.Context(), "SELECT note FROM shop_cart"); err != nil {
		t.Errorf("%s, %v", got, err)
	}
	migrate(nil).Expect(t, "again", false, "No planned migration operations.")
}

// TestMigrateLockReaches: where PostgreSQL is not told of lock_timeout the step changes nothing and says so.
func TestMigrateLockReaches(t *testing.T) {
	t.Parallel()
	s := postgres(t)
	without := s.shop(t, "'options': '-c search_path=public'")
	refused := without(nil)
	refused.Expect(t, "options of its own", true, "lock_timeout does not reach PostgreSQL")
	if got, err := s.sql(t.Context(), "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"); err != nil || got != "0" {
		t.Errorf("there are %s tables, %v", got, err)
	}
	s.shop(t, "'options': '-c lock_timeout=2s'")(nil).Expect(t, "options that have it", false, "slipway-note: 2 applied")
	without(map[string]string{"lock_timeout": "0"}).Expect(t, "without", false, "slipway-note: nothing to apply")
	// What PGOPTIONS says already stays: without the table of that schema there is nothing applied.
	if out, err := s.sql(t.Context(), "CREATE SCHEMA other"); err != nil {
		t.Fatal(out, err)
	}
	s.shop(t, "")(nil, "PGOPTIONS=-c search_path=other").Expect(t, "another schema", false, "slipway-note: 2 applied")
}
