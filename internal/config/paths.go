package config

import (
	"errors"
	"path"
	"slices"
	"strings"

	"github.com/slipway/slipway/internal/config/keys"
	"github.com/slipway/slipway/internal/deploy"
	"github.com/slipway/slipway/internal/lazyregexp"
)

// systemFolders are no place for releases: they are the system's own, or are emptied when it starts.
var systemFolders = []string{"/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/proc", "/run", "/sbin", "/sys", "/tmp", "/usr", "/var"}

// unbraced is a variable as a shell has it, and a deploy path has not.
var unbraced = lazyregexp.New(`\$[A-Za-z_(]`)

// deployPath judges the one path that everything on a host hangs from.
func (l *loader) deployPath(p keys.Text, c *Config) string {
	if !p.Given() {
		return ""
	}
	full, ok := l.withNames(p, c)
	if !ok {
		return ""
	}
	clean := strings.TrimSuffix(full, "/")
	switch {
	case !strings.HasPrefix(full, "/"):
		l.problem(p.At(), "as in /srv/www/site; ~ is not expanded, and of variables ${APP} and ${ENVIRONMENT} alone", "the deploy path `%s` must be absolute", p.V)
	case clean == "":
		l.problem(p.At(), "give the app a folder of its own", "the deploy path cannot be /")
	case slices.Contains(systemFolders, clean):
		l.problem(p.At(), "give the app a folder of its own, as in /srv/www/site", "the deploy path cannot be %s, which is the system's", clean)
	case slices.Contains([]string{"current", "releases", ".slipway"}, path.Base(clean)):
		l.problem(p.At(), "give the folder above it", "the deploy path ends in `%s`, which Slipway makes in it", path.Base(clean))
	case unbraced.MatchString(clean):
		l.problem(p.At(), "write it out", "the deploy path `%s` has a $: no shell expands it", p.V)
	case path.Clean(clean) != clean || !printable(clean):
		l.problem(p.At(), "write it plainly: "+path.Clean(clean), "the deploy path holds `..`, `.`, `//` or control characters")
	}
	return clean
}

// withNames puts the names of the application and the environment into a deploy path.
func (l *loader) withNames(p keys.Text, c *Config) (full string, ok bool) {
	names := map[string]string{"APP": c.App, "ENVIRONMENT": c.Environment}
	ok = true
	full, err := Expand(p.V, func(variable string) (string, bool) {
		name, known := names[variable]
		switch {
		case !known:
			return "", false
		case name == "" && l.remote():
			ok = false
			l.problem(p.At(), "set the input `"+strings.ToLower(variable)+"`", "`${%s}` of the deploy path stands for nothing: there is no %s", variable, map[string]string{"APP": "application", "ENVIRONMENT": "environment"}[variable])
		case name == "":
			return "${" + variable + "}", true // an offline command has no use for it
		case strings.Contains(name, "/") || strings.HasPrefix(name, ".") || !printable(name):
			ok = false
			l.problem(p.At(), "write the path of this environment out", "`%s`, which `${%s}` of the deploy path stands for, cannot name a folder", name, variable)
		}
		return name, true
	})
	var unknown *UnknownVariableError
	switch {
	case errors.As(err, &unknown):
		l.problem(p.At(), "there are ${APP} and ${ENVIRONMENT}", "no variable `%s` in a deploy path", unknown.Name)
	case err != nil:
		l.problem(p.At(), "", "%s", err)
	}
	return full, ok && err == nil
}

// paths judges what is laid into a release: shared folders and files, and secret files. None may leave the release, and
// none may lie in another.
func (l *loader) paths(s *keys.Settings, c *Config) {
	type location struct {
		path string
		at   deploy.Position
	}
	var taken []location
	take := func(p keys.Text, what string) (string, bool) {
		clean, ok := l.inRelease(p, what)
		if !ok {
			return "", false
		}
		for _, other := range taken {
			switch {
			case other.path == clean:
				l.problem(p.At(), "", "`%s` is here twice, first at %s", clean, other.at)
				return "", false
			case overlap(clean, other.path):
				l.problem(p.At(), "one of the two is enough", "`%s` overlaps `%s` at %s", clean, other.path, other.at)
				return "", false
			}
		}
		taken = append(taken, location{clean, p.At()})
		return clean, true
	}
	for _, dir := range s.Shared.Dirs {
		if clean, ok := take(dir, "the shared folder"); ok {
			c.SharedDirs = append(c.SharedDirs, clean)
		}
	}
	for _, file := range s.Shared.Files {
		if clean, ok := take(file, "the shared file"); ok {
			c.SharedFiles = append(c.SharedFiles, clean)
		}
	}
	for _, file := range s.SecretFiles {
		if clean, ok := take(file.Path, "the secret file"); ok {
			c.SecretFiles = append(c.SecretFiles, SecretFile{Path: clean, Secret: file.From.V, At: file.Path.At()})
		}
	}
}

// inRelease gives the clean path of something inside a release, but not the release itself.
func (l *loader) inRelease(p keys.Text, what string) (string, bool) {
	if !p.Given() {
		return "", false
	}
	clean := strings.TrimSuffix(p.V, "/")
	switch {
	case strings.HasPrefix(clean, "/"), clean == "..", strings.HasPrefix(path.Clean(clean), "../"), path.Clean(clean) == "..":
		l.problem(p.At(), "give a path relative to the release", "%s `%s` lies outside the release", what, p.V)
		return "", false
	case strings.ContainsAny(clean, "*?"):
		l.problem(p.At(), "write each path out", "%s `%s` is a pattern, and no path", what, p.V)
		return "", false
	case clean == "", clean == ".", path.Clean(clean) != clean, !printable(clean):
		l.problem(p.At(), "write it plainly, as in public/media", "%s cannot be `%s`", what, p.V)
		return "", false
	}
	return clean, true
}

// overlap reports whether two clean paths are one, or one lies in the other.
func overlap(a, b string) bool {
	return strings.HasPrefix(a+"/", b+"/") || strings.HasPrefix(b+"/", a+"/")
}
