package needtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Tool is the path of a program that .ci/tool builds at its pinned version where it is missing, which may take minutes.
func Tool(t T, name string) string {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for filepath.Dir(dir) != dir {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	out, err := exec.Command(filepath.Join(dir, ".ci/tool"), name).Output()
	if err != nil {
		Skip(t, name+" cannot be built: "+err.Error())
	}
	return strings.TrimSpace(string(out))
}
