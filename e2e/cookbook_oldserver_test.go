//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// OldServer is the server of examples/old-server: three environments, two databases.
type OldServer struct {
	*Site
	runs int
}

// The environments, and where each listens.
var portOf = map[string]string{"test": "8001", "staging": "8002", "production": "8003"}

// testOldServer brings three versions through the environments of one server. The second one's migration changes the schema, the third
// one's does not bear production's rows, and the fourth is repaired.
func testOldServer(ctx context.Context, t *testing.T) {
	s := startOldServer(ctx, t)

	s.next(ctx, t)
	for _, environment := range []string{"test", "staging", "production"} {
		s.use(ctx, t, environment, 0)
		s.serves(ctx, t, environment, 1)
	}
	s.sql(ctx, t, "brackets", "INSERT INTO puzzles_puzzle (text) SELECT CONCAT('(', seq, '\\n☃') FROM seq_1_to_500; INSERT INTO puzzles_puzzle (text) VALUES ('twice'), ('twice')")

	s.next(ctx, t)
	s.migrate(ctx, t, 2, "ALTER TABLE puzzles_puzzle ADD note varchar(20) NULL")
	first := s.use(ctx, t, "test", 0)
	s.says(t, first, "the migrations on a copy", "Applying puzzles.0002_version... OK")
	staging := s.use(ctx, t, "staging", 0)
	s.says(t, staging, "nothing is sent", "of test's release on this host, sent")
	if got := s.backups(ctx, t); len(got) != 4 || !strings.Contains(got[2], ".before.") || !strings.Contains(got[3], ".after.") {
		t.Errorf("after the second version the backups are %q", got)
	}
	backedUp := s.rows(ctx, t, "brackets")
	s.serves(ctx, t, "production", 1) // its old code, on the new schema
	production := s.use(ctx, t, "production", 0)
	s.says(t, production, "nothing is sent", "of staging's release on this host, sent")
	for _, word := range []string{"Applying", "Back up", "Restore"} {
		if strings.Contains(production.Raw, word) {
			t.Errorf("production is more than a switch:\n%s", production.Raw)
		}
	}
	s.sql(ctx, t, "brackets", "INSERT INTO puzzles_puzzle (text) VALUES ('later')")

	s.next(ctx, t)
	s.migrate(ctx, t, 3, "ALTER TABLE puzzles_puzzle ADD UNIQUE (text)")
	before := s.rows(ctx, t, "brackets_test")
	third := s.use(ctx, t, "test", 1)
	s.says(t, third, "the rehearsal", "the migrations fail on a copy of brackets")
	s.serves(ctx, t, "test", 2)
	if s.rows(ctx, t, "brackets_test") != before {
		t.Error("a rehearsal that failed changed test's database")
	}

	s.next(ctx, t)
	s.migrate(ctx, t, 3, "SELECT 1")
	s.use(ctx, t, "test", 0)
	s.serves(ctx, t, "test", 4)
	if got := s.rows(ctx, t, "brackets_test"); got != backedUp || strings.Count(got, "\n") < 500 {
		t.Errorf("test has not the rows of production's newest backup, but\n%s", got)
	}
	if live := s.rows(ctx, t, "brackets"); !strings.HasPrefix(live, backedUp) || !strings.HasSuffix(live, "later\tNULL") {
		t.Error("production's rows are others")
	}

	live := s.rows(ctx, t, "brackets")
	for environment, version := range map[string]int{"test": 2, "staging": 1, "production": 1} {
		s.command(ctx, t, "rollback", environment, 0)
		s.serves(ctx, t, environment, version)
	}
	if s.rows(ctx, t, "brackets") != live {
		t.Error("a rollback changed production's rows")
	}
	if got := s.sql(ctx, t, "mysql", "SHOW DATABASES LIKE 'slipway%'"); got != "" {
		t.Errorf("databases are left: %s", got)
	}
}

// startOldServer boots the server, and does there what the README says.
func startOldServer(ctx context.Context, t *testing.T) *OldServer {
	t.Helper()
	example := filepath.Join(repository(t), "examples", "old-server")
	f := newFleet(ctx, t, "old-server")
	run(ctx, t, "docker", "build", "--quiet", "--force-rm", "--tag", mysqlImage, filepath.Join(repository(t), "e2e", "images", "mysql-host"))
	f.boot(ctx, t, "old1", mysqlImage, "--volume", "/var/lib/mysql", "--volume", example+":/example:ro",
		"--volume", filepath.Join(example, "deploy", "supervisord.conf")+":/home/deploy/supervisord.conf:ro")
	f.awaitHosts(ctx, t, "old1")
	commands := consoleOf(t, filepath.Join(example, "README.md"), "apt ", "adduser ", "install -o deploy -g deploy -m 644 deploy/supervisord.conf")
	run(ctx, t, "docker", "exec", f.container("old1"), "sh", "-euxc", "service mariadb start; cd /example\n"+commands)
	for environment, port := range portOf {
		url := "mysql://brackets:live-password@localhost/brackets"
		if environment == "test" {
			url = "mysql://brackets_test:test-password@localhost/brackets_test"
		}
		f.On(ctx, t, "old1", fmt.Sprintf("umask 077; mkdir -p /srv/www/%[1]s/shared; cat >/srv/www/%[1]s/shared/.env <<END\nDJANGO_SECRET_KEY=%[2]s\nDATABASE_URL=%[3]s\nALLOWED_HOSTS=*\nLISTEN=127.0.0.1:%[4]s\nEND",
			environment, djangoKey, url, port))
	}
	return &OldServer{Site: newSite(ctx, t, f, nil, "../../examples/old-server")}
}

// use deploys the version to test, or promotes to another environment what the one before it runs.
func (s *OldServer) use(ctx context.Context, t *testing.T, environment string, exit int) Outcome {
	t.Helper()
	if environment == "test" {
		return s.command(ctx, t, "deploy", environment, exit)
	}
	return s.command(ctx, t, "promote", environment, exit)
}

func (s *OldServer) command(ctx context.Context, t *testing.T, command, environment string, exit int) Outcome {
	t.Helper()
	s.runs++
	action := Action{
		Workspace: s.workspace, Commit: commitOf(s.Version), RunID: fmt.Sprint(900 + s.runs), Network: s.Fleet.Network,
		With: map[string]string{"command": command, "environment": environment, "ssh_key": s.Fleet.Key, "known_hosts": s.Fleet.KnownHosts},
	}
	name := fmt.Sprintf("old-server-%d-%s-%s", s.runs, command, environment)
	outcome := action.Use(ctx, t, name)
	if outcome.Exit != exit {
		t.Fatalf("%s ends %d, want %d:\n%s", name, outcome.Exit, exit, outcome.Raw)
	}
	for _, word := range []string{djangoKey, "live-password", "test-password"} {
		if strings.Contains(outcome.Raw, word) {
			t.Errorf("%s prints %q", name, word)
		}
	}
	return outcome
}

func (s *OldServer) says(t *testing.T, outcome Outcome, what, says string) {
	t.Helper()
	if !strings.Contains(outcome.Raw, says) {
		t.Errorf("%s: the log does not say %q:\n%s", what, says, outcome.Raw)
	}
}

// migrate is what the migration of a version does, of which the version is packed again.
func (s *OldServer) migrate(ctx context.Context, t *testing.T, version int, sql string) {
	t.Helper()
	before := "0001_initial"
	if version > 2 {
		before = fmt.Sprintf("%04d_version", version-1)
	}
	write(t, filepath.Join(s.tree, "puzzles", "migrations", fmt.Sprintf("%04d_version.py", version)), fmt.Sprintf(
		"from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    dependencies = [(\"puzzles\", %q)]\n    operations = [migrations.RunSQL(%q)]\n", before, sql))
	s.pack(ctx, t)
}

// serves asserts which version an environment answers with.
func (s *OldServer) serves(ctx context.Context, t *testing.T, environment string, version int) {
	t.Helper()
	page := s.Fleet.On(ctx, t, "old1", "curl -fsS --retry 5 --retry-connrefused http://127.0.0.1:"+portOf[environment]+"/")
	if want := fmt.Sprintf("Version %d, release ", version); !strings.Contains(page, want) {
		t.Errorf("%s does not serve %q:\n%s", environment, want, page)
	}
}

// sql runs statements as the server's administrator.
func (s *OldServer) sql(ctx context.Context, t *testing.T, database, statements string) string {
	t.Helper()
	return run(ctx, t, "docker", "exec", s.Fleet.container("old1"), "mysql", "--batch", "--skip-column-names", "--default-character-set=utf8mb4", database, "-e", statements)
}

// rows are all puzzles of a database.
func (s *OldServer) rows(ctx context.Context, t *testing.T, database string) string {
	t.Helper()
	return s.sql(ctx, t, database, "SELECT * FROM puzzles_puzzle ORDER BY id")
}

// backups are the names of the backups, the oldest first.
func (s *OldServer) backups(ctx context.Context, t *testing.T) []string {
	t.Helper()
	return strings.Fields(s.Fleet.On(ctx, t, "old1", "cd /srv/www/backups; ls | grep -v sha256"))
}
