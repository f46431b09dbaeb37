//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// checkout is a working copy of an example with overlays put over it in order, committed on the production branch.
func checkout(ctx context.Context, t *testing.T, example string, overlays ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), example)
	run(ctx, t, "cp", "-R", filepath.Join(repository(t), "examples", example), dir)
	for _, overlay := range overlays {
		run(ctx, t, "cp", "-R", filepath.Join("testdata", overlay)+"/.", dir)
	}
	run(ctx, t, "git", "-C", dir, "init", "--quiet", "--initial-branch", "production")
	run(ctx, t, "git", "-C", dir, "remote", "add", "origin", "https://github.com/example/"+example+".git")
	run(ctx, t, "git", "-C", dir, "add", "--all")
	run(ctx, t, "git", "-C", dir, "-c", "user.name=Anna", "-c", "user.email=anna@example.com", "commit", "--quiet", "--message", example)
	return dir
}

// commit is the checked-out commit.
func commit(ctx context.Context, t *testing.T, dir string) string {
	t.Helper()
	return run(ctx, t, "git", "-C", dir, "rev-parse", "HEAD")
}

// inRunner runs a command of a job's build in the image that stands for GitHub's runner, with the checkout as its folder.
func inRunner(ctx context.Context, t *testing.T, dir string, command ...string) {
	t.Helper()
	args := []string{
		"run", "--rm", "--user", fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid()), "--env", "HOME=/tmp",
		"--volume", dir + ":/work", "--workdir", "/work", runnerImage,
	}
	run(ctx, t, "docker", append(args, command...)...)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
