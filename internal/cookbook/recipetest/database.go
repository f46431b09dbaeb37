package recipetest

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/slipway/slipway/internal/needtest"
)

// Database is a server of databases, the test's own. Its user Role owns the databases site and, of MySQL, may make others; the administrator is
// reached by SQL.
type Database struct {
	Kind   string // postgres or mysql
	Folder string // has the server's socket

	serve  []string // the command that runs it
	server *exec.Cmd
	ended  chan error
}

// What logs in. The password has what URLs, shells and option files take for something else.
const (
	Role     = "site"
	Password = `p@s/s:w?r#d%41 "q'\n$HOME`
)

const admin = "admin-password"

// Postgres starts PostgreSQL, with an empty database site.
func Postgres(t *testing.T) *Database {
	t.Helper()
	d := newDatabase(t, "postgres")
	programs, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // the pattern is well-formed
	if len(programs) == 0 {
		needtest.Skip(t, "PostgreSQL is missing (Debian's postgresql)")
	}
	initdb := slices.Max(programs)
	d.write(t, "password", admin)
	data := filepath.Join(d.Folder, "data")
	d.run(t, initdb, "--no-sync", "--auth=scram-sha-256", "--pwfile="+filepath.Join(d.Folder, "password"), "--username=admin", "--locale=C.UTF-8", "--pgdata="+data)
	d.serve = []string{filepath.Join(filepath.Dir(initdb), "postgres"), "-D", data, "-k", d.Folder, "-c", "listen_addresses=", "-c", "fsync=off"}
	d.Start(t)
	d.SQL(t, "postgres", "CREATE ROLE "+Role+" LOGIN CREATEDB PASSWORD '"+strings.ReplaceAll(Password, "'", "''")+"'")
	d.SQL(t, "postgres", "CREATE DATABASE site OWNER "+Role)
	return d
}

// MySQL starts MariaDB, with an empty database site.
func MySQL(t *testing.T) *Database {
	t.Helper()
	needtest.Programs(t, "mysql_install_db", "mariadbd", "mysql", "mysqldump")
	d := newDatabase(t, "mysql")
	data := filepath.Join(d.Folder, "data")
	// Its own folder for temporary tables: when a server starts it deletes what lies there of others.
	d.run(t, "mysql_install_db", "--no-defaults", "--datadir="+data, "--tmpdir="+d.Folder, "--auth-root-authentication-method=normal", "--skip-test-db")
	d.serve = []string{
		needtest.Program(t, "mariadbd"), "--no-defaults", "--datadir=" + data, "--tmpdir=" + d.Folder, "--socket=" + d.socket(), "--pid-file=" + filepath.Join(d.Folder, "pid"),
		"--skip-networking", "--skip-log-bin", "--innodb-buffer-pool-size=16M", "--innodb-flush-log-at-trx-commit=2",
	}
	d.Start(t)
	quoted := strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(Password)
	d.SQL(t, "mysql", "CREATE DATABASE site CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci; CREATE USER "+Role+"@localhost IDENTIFIED BY '"+quoted+"'; "+
		"GRANT ALL ON `site%`.* TO "+Role+"@localhost; GRANT ALL ON `slipway\\_%`.* TO "+Role+"@localhost")
	return d
}

// newDatabase makes the folder, which is the user's who runs the server: none of them runs as root.
func newDatabase(t *testing.T, kind string) *Database {
	t.Helper()
	folder, err := os.MkdirTemp("", "slipway-"+kind) //nolint:usetesting // nobody but the superuser may enter t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	d := &Database{Kind: kind, Folder: folder}
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(folder, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

const nobody = 65534

// as has a command run as the server's user.
func (d *Database) as(cmd *exec.Cmd) *exec.Cmd {
	cmd.Dir = d.Folder
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + d.Folder, "LANG=C.UTF-8"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	return cmd
}

func (d *Database) run(t *testing.T, program string, args ...string) {
	t.Helper()
	if out, err := d.as(exec.CommandContext(t.Context(), program, args...)).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
}

func (d *Database) write(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(d.Folder, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(file, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
}

// Start runs the server until the test ends, or Kill.
func (d *Database) Start(t *testing.T) {
	t.Helper()
	d.server, d.ended = d.as(exec.Command(d.serve[0], d.serve[1:]...)), make(chan error, 1)
	var said bytes.Buffer
	d.server.Stdout, d.server.Stderr = &said, &said
	if err := d.server.Start(); err != nil {
		t.Fatal(err)
	}
	server, ended := d.server, d.ended
	go func() { ended <- server.Wait() }()
	t.Cleanup(func() {
		d.Kill()
		if t.Failed() {
			t.Logf("%s said:\n%s", d.Kind, said.String())
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		_, err := d.Ask(ctx, map[string]string{"postgres": "postgres", "mysql": "mysql"}[d.Kind], "SELECT 1")
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s does not start: %v", d.Kind, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Kill ends the server as a crash does.
func (d *Database) Kill() {
	if d.server == nil {
		return
	}
	signal := syscall.SIGKILL
	if d.Kind == "postgres" {
		signal = syscall.SIGQUIT // its other processes go, too
	}
	_ = d.server.Process.Signal(signal)
	<-d.ended //nolint:errcheck // it was killed
	d.server = nil
}

func (d *Database) socket() string { return filepath.Join(d.Folder, "s") }

// SQL runs statements in a database as its administrator, and gives what they print: a line for each row.
func (d *Database) SQL(t *testing.T, database, statements string) string {
	t.Helper()
	out, err := d.Ask(t.Context(), database, statements)
	if err != nil {
		t.Fatalf("%s: %v", statements, err)
	}
	return out
}

// Ask is SQL where it may fail.
func (d *Database) Ask(ctx context.Context, database, statements string) (string, error) {
	cmd := exec.CommandContext(ctx, "mysql", "--no-defaults", "--socket="+d.socket(), "--user=root", "--batch", "--skip-column-names", "--raw",
		"--default-character-set=utf8mb4", "--database="+database)
	if d.Kind == "postgres" {
		cmd = exec.CommandContext(ctx, "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", d.Folder, "-U", "admin", "-d", database)
		cmd.Env = append(os.Environ(), "PGPASSWORD="+admin)
	}
	var out, said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(statements), &out, &said
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%w: %s", err, said.String())
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

// URL is how Role reaches a database.
func (d *Database) URL(database string) string {
	if d.Kind == "postgres" {
		return fmt.Sprintf("postgres://%s:%s@%s/%s", Role, escaped(Password), escaped(d.Folder), database)
	}
	return fmt.Sprintf("mysql://%s:%s@localhost/%s?unix_socket=%s", Role, escaped(Password), database, escaped(d.socket()))
}

// escaped is a text as a part of a URL.
func escaped(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// Names are the databases that there are, but for the server's own.
func (d *Database) Names(t *testing.T) []string {
	t.Helper()
	ask := "SELECT datname FROM pg_database WHERE datname NOT LIKE 'template%' AND datname <> 'postgres' ORDER BY 1"
	database := "postgres"
	if d.Kind == "mysql" {
		ask, database = "SELECT schema_name FROM information_schema.schemata WHERE schema_name NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys') ORDER BY 1", "mysql"
	}
	return strings.Fields(d.SQL(t, database, ask))
}
