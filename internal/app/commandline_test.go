package app

import (
	"io"
	"strings"
	"testing"
)

// FuzzCommandLine gives secrets in all ways to a command line that is wrong in all ways: no message shows one.
func FuzzCommandLine(f *testing.F) {
	f.Add(uint8(0), "--ssh_key", "\nabc", "--wrong", "x")
	f.Add(uint8(1), "--secrets=", "A=1", "--hosts", "--hosts")
	f.Add(uint8(2), "--ssh_key_pasphrase", "x y", "-e", "--force=1")
	lookup := func(string) (string, bool) { return "", false }
	a := newApp(Env{Stdout: io.Discard, Stderr: io.Discard, LookupEnv: lookup, Dir: f.TempDir()})
	f.Fuzz(func(t *testing.T, way uint8, flag, rest, before, after string) {
		const mark = "s3cr3t"
		value := mark + rest
		args := [][]string{
			{"deploy", before, flag, value, after},
			{"deploy", before, flag + value, after},
			{"deploy", "--ssh_key", value, before, after},
			append([]string{"unlock", before, flag}, strings.Fields("--ssh_key -----BEGIN "+value)...),
			{"deploy", "--ssh_key", "-----BEGIN " + value, flag},
		}[way%5]
		if _, err := a.parse(args); err != nil && strings.Contains(err.Error(), mark) {
			t.Errorf("%q: %v", args, err)
		}
	})
}
