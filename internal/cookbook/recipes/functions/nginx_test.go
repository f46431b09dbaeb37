package functions_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/slipway/slipway/internal/cookbook/shelltest"
)

// TestUpstreamFile takes servers of all forms out of a file and puts them back.
func TestUpstreamFile(t *testing.T) {
	t.Parallel()
	functions, err := os.ReadFile("nginx.sh")
	if err != nil {
		t.Fatal(err)
	}
	const other = "server other;\n"
	shelltest.Each(t, func(t *testing.T, shell []string) {
		dir := t.TempDir()
		for _, test := range []struct {
			line, host, port string
			down             string // "" where the line is another server's
		}{
			{"server 10.0.0.1:80;", "10.0.0.1", "", "server 10.0.0.1:80 down; # drained by slipway"},
			{"\tserver  10.0.0.1:81 weight=2 ; # x", "10.0.0.1:81", "", "\tserver  10.0.0.1:81 weight=2  down; # x # drained by slipway"},
			{"server 10.0.0.1:81;", "10.0.0.1:82", "", ""},
			{"server 10.0.0.1:81;", "10.0.0.1", "8", ""},
			{"server 10.0.0.1;", "10.0.0.1", "80", "server 10.0.0.1 down; # drained by slipway"},
			{"server 10.0.0.11;", "10.0.0.1", "", ""},
			{"# server 10.0.0.1;", "10.0.0.1", "", ""},
			{"server Web1.example.com:80;", "web1.example.com", "80", "server Web1.example.com:80 down; # drained by slipway"},
			{"server [2001:db8::1]:8001;", "2001:db8::1", "", "server [2001:db8::1]:8001 down; # drained by slipway"},
			{"server [2001:db8::1]:8001;", "[2001:DB8::1]:8001", "", "server [2001:db8::1]:8001 down; # drained by slipway"},
			{"server unix:/run/a.sock;", "unix:/run/a.sock", "", "server unix:/run/a.sock down; # drained by slipway"},
			{"server unix:/run/a.sock;", "unix:/run/b.sock", "", ""},
		} {
			marked := func(to, text string) shelltest.Outcome {
				shelltest.Write(t, dir, map[string]string{"file": text})
				return shelltest.Run(t, shell, dir, fmt.Sprintf("%s\nfile=file host='%s' port='%s'\nmarked %s", functions, test.host, test.port, to))
			}
			got := marked("down", other+test.line+"\n")
			if test.down == "" {
				if got.Exit != 3 {
					t.Errorf("%s is taken for %s %s: %s", test.line, test.host, test.port, got.Out)
				}
				continue
			}
			if got.Exit != 0 || got.Out != other+test.down+"\n" {
				t.Errorf("%s: exit %d\n%s", test.line, got.Exit, got.Out)
			}
			back := marked("up", got.Out)
			if back.Exit != 0 || strings.ReplaceAll(back.Out, " ;", ";") != strings.ReplaceAll(other+test.line+"\n", " ;", ";") {
				t.Errorf("%s comes back as\n%s", test.line, back.Out)
			}
			if got := marked("down", test.line+"\nserver x down;\n"); got.Exit != 4 {
				t.Errorf("%s is the last one: exit %d\n%s", test.line, got.Exit, got.Out)
			}
		}
	})
}
