package recipetest

import (
	"os"
	"os/exec"
	"testing"
)

// Hold has a session of PostgreSQL's administrator hold what a statement locks, in a transaction, until it is let go.
func (d *Database) Hold(t *testing.T, database, statement string) (release func()) {
	t.Helper()
	session := exec.Command("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", d.Folder, "-U", "admin", "-d", database)
	session.Env = append(os.Environ(), "PGPASSWORD="+admin, "PGAPPNAME=holder")
	in, err := session.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Start(); err != nil {
		t.Fatal(err)
	}
	released := false
	release = func() {
		if !released {
			released = true
			_ = in.Close() // the transaction ends with the session
			_ = session.Wait()
		}
	}
	t.Cleanup(release)
	if _, err := in.Write([]byte("BEGIN;\n" + statement + ";\n")); err != nil {
		t.Fatal(err)
	}
	Eventually(t, "the session holds its lock", func() bool {
		return d.SQL(t, database, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'holder' AND state = 'idle in transaction' AND query NOT LIKE 'BEGIN%'") == "1"
	})
	return release
}
